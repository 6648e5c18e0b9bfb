"""Teacher forcing: the model reads true pictures under noise, each with its own caption.

A scene's picture is encoded by the linear code, noised to five time steps, and the U-Net reads it with the scene's own
caption. Nothing is drawn by the model itself, so its heat maps can be compared with masks that are known exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion import StableDiffusionPipelineOutput
from numpy.typing import NDArray
from PIL import Image

from visuosyn.corpus import conllu
from visuosyn.data import HeatMaps, Sentence
from visuosyn.microworld.world import corpus
from visuosyn.microworld.world.scenes import Scene, Split, sample
from visuosyn.tracing import trace

FIRST_SEED = 11_000_000
"""No training scene has a seed from here on, nor has one that the decoder is measured on. A simple picture (one thing,
no adjective) can still equal one of theirs: scenes of the split ``held-out`` never do."""
TIMES = (100, 300, 500, 700, 900)
BATCH = 16


class Teacher(StableDiffusionPipeline):  # type: ignore[misc]  # diffusers has no types
    """A pipeline that draws nothing: its call shows the U-Net true pictures, noised to each of several time steps.

    It has the class, the parts and the calls that the tracer watches, so it is traced as any pipeline is.
    """

    @torch.no_grad()
    def __call__(
        self, prompt: Sequence[str], images: NDArray[np.uint8], *, times: Sequence[int], generators: Sequence[Any]
    ) -> StableDiffusionPipelineOutput:
        """Pictures (n, 96, 96, 3) with their captions and a generator of noise for each; gives the same pictures."""
        self._guidance_scale, self._num_timesteps = 1.0, len(times)
        states, _ = self.encode_prompt(list(prompt), self.device, 1, False)
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2).to(self.device, self.vae.dtype) / 127.5 - 1
        true = self.vae.encode(pixels).latents * self.vae.config.scaling_factor
        for time in times:
            noise = torch.stack([torch.randn(true.shape[1:], generator=one) for one in generators])
            noisy = self.scheduler.add_noise(true, noise.to(true), torch.tensor([time]))
            self.unet(noisy, time, encoder_hidden_states=states)
        return StableDiffusionPipelineOutput([Image.fromarray(image) for image in images], None)


def gold_sentence(scene: Scene, name: str) -> Sentence:
    """The scene's caption with its gold tree, as the tracer and the studies read it."""
    return next(conllu.read(corpus.conllu(scene.sentence, {"sent_id": name})))


def teacher_forced(
    pipeline: Any,
    seeds: Iterable[int],
    *,
    split: Split = "train",
    times: Sequence[int] = TIMES,
    batch_size: int = BATCH,
) -> Iterator[tuple[Scene, HeatMaps]]:
    """Each seed's scene with the heat maps of its caption, layers kept apart.

    Args:
        pipeline: a Stable Diffusion pipeline of this world, such as ``load_pipeline("micro")``.
        seeds: of scenes that the model was not trained on: ``FIRST_SEED`` and up.
        split: ``train``, or ``held-out`` for scenes that join words which no training scene does.
        times: the time steps, 0 to 999, to which the true latents are noised; the noise depends on the seed alone.
        batch_size: pictures at once.
    """
    teacher = Teacher(**pipeline.components, requires_safety_checker=False)
    waiting = iter(seeds)
    while some := tuple(islice(waiting, batch_size)):
        shown = [sample(seed, split=split) for seed in some]
        with trace(teacher, detail="layer") as tracer:
            teacher(
                [scene.caption for scene in shown],
                np.stack([scene.image for scene in shown]),
                times=times,
                generators=[torch.Generator().manual_seed(seed) for seed in some],
            )
        sentences = [gold_sentence(scene, str(seed)) for seed, scene in zip(some, shown, strict=True)]
        yield from zip(shown, tracer.heat_maps(sentences), strict=True)
