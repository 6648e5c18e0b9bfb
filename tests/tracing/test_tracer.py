"""The tracer against the untraced pipeline and against attention computed apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor2_0, IPAdapterAttnProcessor2_0
from diffusers.models.embeddings import ImageProjection, MultiIPAdapterImageProjection
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from tests.tracing.calls import noises, options, pixels
from tests.tracing.explicit import check, expected_sums, explicit_attention, token_weights
from visuosyn.errors import UserError
from visuosyn.testing import tiny_pipeline, tiny_pipelines
from visuosyn.tracing import Tracer, trace
from visuosyn.tracing.align import Encoding
from visuosyn.tracing.families.unet import UNet

PROMPTS = ["a dog and a cat in a hat", "the red ball"]


@pytest.mark.parametrize("name", tiny_pipelines())
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_sums_are_softmax_computed_apart(pipelines: Any, name: str, guidance: float) -> None:
    pipe = pipelines(name)
    call = {"num_inference_steps": 4, "guidance_scale": guidance, **options(name)}
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(2), **call).images
    records, images = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert (pixels(traced) == pixels(images)).all()
    first = 2 if guidance > 1 else 0
    for i, maps in enumerate(tracer.heat_maps()):
        steps = len(next(iter(records.values())))
        assert maps.steps == steps
        check(maps, expected_sums(records, first + i, token_weights(maps, pipe.tokenizer), steps))


SCHEDULERS = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Euler's own, with numpy 2
@pytest.mark.parametrize("name", SCHEDULERS)
def test_traced_image_is_the_untraced_one(name: str) -> None:
    pipe = tiny_pipeline("sd1")
    kind, change = SCHEDULERS[name]
    pipe.scheduler = getattr(diffusers, kind).from_config(pipe.scheduler.config, **change)
    for batch in (1, 3):
        for guidance in (1.0, 6.0):
            call = {"num_inference_steps": 3, "guidance_scale": guidance, "output_type": "latent"}
            prompts = ["a cat", "the red ball in a hat", ""][:batch]
            plain = pipe(prompts, generator=noises(batch), **call).images
            with trace(pipe) as tracer:
                traced = pipe(prompts, generator=noises(batch), **call).images
            assert torch.equal(plain, traced)
            maps = tracer.heat_maps()
            assert [m.image for m in maps] == [None] * batch
            assert {m.steps for m in maps} == {pipe.num_timesteps}
            assert sorted({one.phase for one in maps[0].slices}) == [0, 1, 2]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_traced_in_single(dtype: torch.dtype) -> None:
    pipe = tiny_pipeline("sd1").to(dtype)
    plain = pipe("a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    with trace(pipe) as tracer:
        traced = pipe("a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    assert torch.equal(plain, traced)
    records, _ = explicit_attention(
        pipe, "a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent"
    )
    maps = tracer.heat_maps()[0]
    check(maps, expected_sums(records, 1, token_weights(maps, pipe.tokenizer), 2), 2e-2)


def test_where_no_kernel_returns_the_log_sum_exp(pipe: Any) -> None:
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with sdpa_kernel(SDPBackend.MATH):
        plain = pipe(PROMPTS, generator=noises(2), **call).images
        with trace(pipe) as tracer:
            traced = pipe(PROMPTS, generator=noises(2), **call).images
        records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert torch.equal(plain, traced)
    for i, maps in enumerate(tracer.heat_maps()):
        check(maps, expected_sums(records, 2 + i, token_weights(maps, pipe.tokenizer), 2))


def test_fused_projections() -> None:
    pipe = tiny_pipeline("sd1")
    call = {"num_inference_steps": 2, "output_type": "latent"}
    records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    pipe.fuse_qkv_projections()
    with trace(pipe) as tracer:
        pipe(PROMPTS, generator=noises(2), **call)
    for i, maps in enumerate(tracer.heat_maps()):
        check(maps, expected_sums(records, 2 + i, token_weights(maps, pipe.tokenizer), 2))


def test_ip_adapter_adds_images_that_are_not_text() -> None:
    """Its processors look at the text first, then at an image's tokens: the maps are those of the text."""
    pipe = tiny_pipeline("sd1")
    tokens, seen = 4, []

    class Adapter(IPAdapterAttnProcessor2_0):
        def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any, **kwargs: Any) -> Any:
            text, images = encoder_hidden_states
            assert images[0].shape[-2] == tokens
            q, k = (
                x.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for x in (attn.to_q(hidden_states), attn.to_k(text))
            )
            seen.append((q.double() @ k.double().transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1))
            return super().__call__(attn, hidden_states, encoder_hidden_states, **kwargs)

    torch.manual_seed(0)
    processors = pipe.unet.attn_processors
    for name in processors:
        if "attn2" in name:
            attn = pipe.unet.get_submodule(name.removesuffix(".processor"))
            processors[name] = Adapter(
                attn.to_q.out_features, attn.cross_attention_dim, num_tokens=(tokens,), scale=0.7
            )
    pipe.unet.set_attn_processor(processors)
    pipe.unet.encoder_hid_proj = MultiIPAdapterImageProjection([ImageProjection(16, 32, tokens)])
    pipe.unet.config.encoder_hid_dim_type = "ip_image_proj"
    image = [torch.randn(2, 1, 16)]
    with trace(pipe) as tracer:
        pipe("a cat", ip_adapter_image_embeds=image, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps()
    total = sum(one.sums.sum() for one in maps.slices)
    theirs = sum(float(p[1].sum((0, 1))[1:3].sum()) for p in seen)
    assert abs(total - theirs) < 1e-4 * theirs
    assert torch.overrides._get_current_function_mode_stack() == []  # though the query was projected twice


def test_batch_of_one_and_of_eight_agree(pipe: Any) -> None:
    prompts = ["", "a dog and a cat in a hat", "the red ball", "a skateboarder", "a", "cat", "a hat", "red, red!"]
    call = {"num_inference_steps": 3, "output_type": "latent"}
    with trace(pipe) as tracer:
        pipe(prompts, generator=noises(8), **call)
    together = tracer.heat_maps()
    for i, prompt in enumerate(prompts):
        with trace(pipe) as tracer:
            pipe(prompt, generator=noises(1, first=i), **call)
        (alone,) = tracer.heat_maps()
        assert alone.words == together[i].words
        for one, other in zip(alone.slices, together[i].slices, strict=True):
            assert (one.stage, one.phase, one.grid, one.count) == (other.stage, other.phase, other.grid, other.count)
            assert np.allclose(one.sums, other.sums, atol=1e-4 * one.sums.max(initial=0), rtol=0)


def test_cosines_are_those_of_the_text_states(pipe: Any) -> None:
    text = "a cat and the skateboarder"
    with trace(pipe) as tracer:
        pipe(text, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps()
    states, _ = pipe.encode_prompt(text, "cpu", 1, False)
    weights = token_weights(maps, pipe.tokenizer)
    words = torch.from_numpy(weights).float() @ states[0]
    theirs = functional.cosine_similarity(words[:, None], words[None], dim=-1)
    assert np.abs(maps.cosines - theirs.detach().numpy()).max() < 1e-5
    assert np.allclose(np.diag(maps.cosines), 1)


@pytest.mark.parametrize("detail", [["step"], ["layer"], ["head"], ["step", "layer", "head"]])
def test_detail_adds_up_to_the_totals(pipe: Any, detail: list[str]) -> None:
    call = {"num_inference_steps": 4, "output_type": "latent"}
    with trace(pipe) as tracer:
        pipe(PROMPTS[0], generator=noises(1), **call)
    with trace(pipe, detail=detail) as fine:
        pipe(PROMPTS[0], generator=noises(1), **call)
    (whole,), (split,) = tracer.heat_maps(), fine.heat_maps()
    assert np.allclose(whole.array, split.array, atol=1e-6)
    for one in whole.slices:
        mine = [p for p in split.slices if (p.stage, p.phase, p.grid) == (one.stage, one.phase, one.grid)]
        assert sum(p.count for p in mine) == one.count
        assert np.allclose(sum(p.sums for p in mine), one.sums, rtol=1e-5)
        for field in ("step", "layer", "head"):
            values = {getattr(p, field) for p in mine}
            assert (values == {None}) != (field in detail)
    layers = len([m for m in pipe.unet.modules() if getattr(m, "is_cross_attention", False)])
    if len(detail) == 3:
        assert len(split.slices) == layers * 4 * 4
        assert {p.count for p in split.slices} == {1}


def test_negative_prompt(pipe: Any) -> None:
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with trace(pipe, negative=True) as tracer:
        pipe(PROMPTS, negative_prompt=["a red hat", "ball"], generator=noises(2), **call)
    maps = tracer.heat_maps()
    assert [m.prompt for m in maps] == ["a red hat", "ball"]
    records, _ = explicit_attention(pipe, PROMPTS, negative_prompt=["a red hat", "ball"], generator=noises(2), **call)
    check(maps[0], expected_sums(records, 0, token_weights(maps[0], pipe.tokenizer), 2))
    with trace(pipe, negative=True), pytest.raises(UserError, match="needs a negative_prompt"):
        pipe("a cat", num_inference_steps=1)
    with trace(pipe, negative=True), pytest.raises(UserError, match="nothing was recorded"):
        pipe("a cat", negative_prompt="hat", guidance_scale=1.0, num_inference_steps=1)


def test_guidance_rescale_and_guidance_switched_off_midway(pipe: Any) -> None:
    def off(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if step == 1:
            pipe._guidance_scale = 0.0
            tensors["prompt_embeds"] = tensors["prompt_embeds"].chunk(2)[-1]
        return tensors

    call = {
        "num_inference_steps": 4,
        "guidance_rescale": 0.7,
        "callback_on_step_end": off,
        "callback_on_step_end_tensor_inputs": ["prompt_embeds"],
        "output_type": "latent",
    }
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(2), **call).images
    records, plain = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert torch.equal(traced, plain)
    conditional = {name: [p[-2:] for p in each] for name, each in records.items()}
    (_, maps) = tracer.heat_maps()
    check(maps, expected_sums(conditional, 1, token_weights(maps, pipe.tokenizer), 4))


def steer(pipe: Any, word: str) -> None:
    """Plant keys and queries: the word's token draws attention in the left half of the picture only.

    Queries become +1 in the left half and -1 in the right one, the word's key becomes large, all others 0.
    """
    token = pipe.tokenizer(word).input_ids[1]

    class Planted:
        def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
            if encoder_hidden_states is None:
                return AttnProcessor2_0()(attn, hidden_states)
            rows, columns = pipe.grids[hidden_states.shape[1]]
            side = torch.where(torch.arange(columns) < columns // 2, 1.0, -1.0).repeat(rows)
            attn.to_q(hidden_states)  # a layer is watched from here on
            query = side[None, None, :, None].expand(len(hidden_states), attn.heads, -1, 8)
            chosen = (pipe.ids == token).float() * 4
            key = chosen[None, None, :, None].expand(len(hidden_states), attn.heads, -1, 8)
            value = attn.to_v(encoder_hidden_states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            result = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
            return attn.to_out[0](result)

    pipe.unet.set_attn_processor(Planted())


@pytest.mark.parametrize(("rows", "columns"), [(20, 34), (34, 20), (9, 33), (33, 9)])
def test_orientation_of_pictures_that_are_not_square(rows: int, columns: int) -> None:
    pipe = tiny_pipeline("sd1")
    half = (rows + 1) // 2, (columns + 1) // 2
    object.__setattr__(pipe, "grids", {rows * columns: (rows, columns), half[0] * half[1]: half})
    object.__setattr__(pipe, "ids", torch.tensor(pipe.tokenizer("a red cat", padding="max_length").input_ids))
    steer(pipe, "cat")
    with trace(pipe) as tracer:
        image = pipe("a red cat", latents=torch.ones(1, 4, rows, columns), num_inference_steps=1).images[0]
    (maps,) = tracer.heat_maps()
    assert image.size == (4 * columns, 4 * rows)
    assert maps.grid == maps.array.shape[1:] == (rows, columns)
    assert {one.grid for one in maps.slices} == {(rows, columns), half}
    cat, red = maps["cat"].array, maps["red"].array
    left, right = slice(0, columns // 2 - 2), slice(columns // 2 + 3, None)
    assert cat[:, left].min() > 10 * cat[:, right].max()
    assert red[:, left].max() < red[:, right].min()


def test_prompts_whose_tokens_begin_at_different_places() -> None:
    """A tokenizer that pads on the left; encodings say where each prompt begins, and that is all that differs."""

    class Left(UNet):
        def encode(self, pipeline: Any, request: Any, text: str) -> tuple[Encoding, ...]:
            (one,) = super().encode(pipeline, request, text)
            return (replace(one, first=one.limit - 1 - len(one.spans)),)

    pipe = tiny_pipeline("sd1")
    pipe.tokenizer.padding_side = "left"
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with Tracer(pipe, Left(), frozenset(), negative=False) as tracer:
        pipe([*PROMPTS, ""], generator=noises(3), **call)
    records, _ = explicit_attention(pipe, [*PROMPTS, ""], generator=noises(3), **call)
    *maps, none = tracer.heat_maps()
    assert len(none) == 0
    for i, each in enumerate(maps):
        weights = token_weights(each, pipe.tokenizer)
        shift = 76 - 1 - np.count_nonzero(weights.sum(axis=0))
        check(each, expected_sums(records, 3 + i, np.roll(weights, shift, axis=1), 2))
