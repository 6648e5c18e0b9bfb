"""What a family may say of a run of the denoiser, tried on a U-Net described in other ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion import StableDiffusionPipelineOutput

from tests.tracing.calls import noises
from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import Tracer
from visuosyn.tracing.families.base import AttentionLayout, DenoiserRun, Family, TextSegment
from visuosyn.tracing.families.unet import UNet

PROMPTS = ["a dog and a cat in a hat", "the red ball"]


def traced(pipe: Any, family: Family, *, negative: bool = False) -> list[HeatMaps]:
    call = {"negative_prompt": ["hat", "a red cat"], "num_inference_steps": 3, "output_type": "latent"}
    with Tracer(pipe, family, frozenset(), negative=negative) as tracer:
        pipe(PROMPTS, generator=noises(2), **call)
    return tracer.heat_maps()


def described(change: Callable[[DenoiserRun], DenoiserRun]) -> Family:
    """The family of U-Nets with other descriptions of their runs."""

    class Changed(UNet):
        def run(self, *args: Any) -> DenoiserRun:
            return change(super().run(*args))

    return Changed()


def assert_same(maps: list[HeatMaps], others: list[HeatMaps], tolerance: float = 0) -> None:
    for one, other in zip(maps, others, strict=True):
        assert (one.words, one.steps, one.grid) == (other.words, other.steps, other.grid)
        assert np.allclose(one.cosines, other.cosines, atol=tolerance)
        for mine, theirs in zip(one.slices, other.slices, strict=True):
            assert (mine.stage, mine.grid, mine.phase, mine.count) == (
                theirs.stage,
                theirs.grid,
                theirs.phase,
                theirs.count,
            )
            assert np.allclose(mine.sums, theirs.sums, atol=tolerance * theirs.sums.max(), rtol=0)


def test_a_layout_for_each_layer(pipe: Any) -> None:
    names = [layer.name for layer in UNet().layers(pipe)]
    nothing = AttentionLayout(1000, ())

    def apart(run: DenoiserRun) -> DenoiserRun:
        segments = replace(nothing, segments=run.layout.segments)  # whose text states are those of the words
        return replace(run, layout=segments, layouts=dict.fromkeys(names, run.layout))

    assert_same(traced(pipe, described(apart)), traced(pipe, UNet()))


def test_text_states_of_unequal_length(pipe: Any) -> None:
    def listed(run: DenoiserRun) -> DenoiserRun:
        (segment,) = run.layout.segments
        rows = [row[: 40 + i] for i, row in enumerate(segment.states)]
        rows[3] = rows[3][:5]  # the end of its words
        return replace(run, layout=replace(run.layout, segments=(replace(segment, states=rows),)))

    assert_same(traced(pipe, described(listed)), traced(pipe, UNet()))


def test_some_of_the_queries(pipe: Any) -> None:
    """As if the lower half of the queries were not the image's."""

    def upper(run: DenoiserRun) -> DenoiserRun:
        grids = {n // 2: (rows // 2, columns) for n, (rows, columns) in run.grids.items()}
        return replace(run, layout=replace(run.layout, queries=slice(0, 32)), grids=grids | {32: (4, 8), 128: (8, 16)})

    for half, whole in zip(traced(pipe, described(upper)), traced(pipe, UNet()), strict=True):
        mine = [one for one in half.slices if one.grid == (4, 8) and one.stage == "mid"]
        theirs = [one for one in whole.slices if one.stage == "mid"]
        assert len(mine) == len(theirs) == 3
        for one, other in zip(mine, theirs, strict=True):
            assert np.allclose(one.sums, other.sums[:, :4], rtol=1e-6)


def test_segments_without_an_encoding_are_left_out(pipe: Any) -> None:
    def more(run: DenoiserRun) -> DenoiserRun:
        (segment,) = run.layout.segments
        images = TextSegment(slice(70, 77), torch.zeros(4, 7, 32), "images")
        return replace(run, layout=replace(run.layout, segments=(images, segment)))

    assert_same(traced(pipe, described(more)), traced(pipe, UNet()))


def test_mistakes_of_a_family(pipe: Any) -> None:
    def renamed(run: DenoiserRun) -> DenoiserRun:
        segments = tuple(replace(segment, encoder="t5") for segment in run.layout.segments)
        return replace(run, layout=replace(run.layout, segments=segments))

    with pytest.raises(ValueError, match=r"family unet: encodings \[None\], segments \[\]"):
        traced(pipe, described(renamed))
    with pytest.raises(UserError, match=r"attn2 attended to 77 keys, not to the 78 of the text and image"):
        traced(pipe, described(lambda run: replace(run, layout=replace(run.layout, keys=78))))
    with pytest.raises(UserError, match=r"attends from 256 places, which no grid of the \(16, 16\) latent has"):
        traced(pipe, described(lambda run: replace(run, grids={})))


class SeparateCalls(StableDiffusionPipeline):
    """Guidance by a run of its own, after that of the prompts, as many transformers have it."""

    @torch.no_grad()
    def __call__(
        self, prompt: Any, negative_prompt: Any, num_inference_steps: int, generator: Any, output_type: str = ""
    ) -> Any:
        self._guidance_scale = 7.5
        texts, others = self.encode_prompt(prompt, "cpu", 1, True, negative_prompt)
        self.scheduler.set_timesteps(num_inference_steps)
        self._num_timesteps = num_inference_steps
        latents = self.prepare_latents(len(prompt), 4, 64, 64, texts.dtype, "cpu", generator)
        for time in self.scheduler.timesteps:
            wanted, unwanted = (self.unet(latents, time, states)[0] for states in (texts, others))
            noise = unwanted + self._guidance_scale * (wanted - unwanted)
            latents = self.scheduler.step(noise, time, latents).prev_sample
        return StableDiffusionPipelineOutput(images=latents, nsfw_content_detected=None)


class SeparateUNet(UNet):
    def run(self, pipeline: Any, request: Any, number: int, args: Any, kwargs: Any) -> DenoiserRun:
        text, rows, prompts = args[2], slice(0, request.images), number % 2 == 0
        return DenoiserRun(
            grid=(16, 16),
            grids={256: (16, 16), 64: (8, 8)},
            layout=AttentionLayout(77, (TextSegment(slice(0, 77), text),)),
            conditional=rows if prompts else None,
            unconditional=None if prompts else rows,
            starts_step=prompts,
        )


@pytest.mark.parametrize("negative", [False, True])
def test_guidance_by_a_separate_run(pipe: Any, negative: bool) -> None:
    apart = tiny_pipeline("sd1")
    apart.__class__ = SeparateCalls
    separate = traced(apart, SeparateUNet(), negative=negative)
    assert {maps.steps for maps in separate} == {3}
    assert_same(separate, traced(pipe, UNet(), negative=negative), 1e-4)
