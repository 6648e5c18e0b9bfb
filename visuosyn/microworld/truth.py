"""Attention against exact masks: the model is shown true pictures under noise, and its heat maps are compared.

*Teacher forcing*: a scene's picture is encoded by the linear code, noised to five time steps, and the U-Net reads it
with the scene's own caption. What it draws by itself plays no part: a map is scored against a mask known exactly.

>>> from visuosyn.tracing import load_pipeline
>>> table = score(teacher_forced(load_pipeline("micro"), range(FIRST_SEED, FIRST_SEED + 2)))
>>> sorted(set(table.sort))
['adjective', 'ground', 'object']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion import StableDiffusionPipelineOutput
from numpy.typing import NDArray
from PIL import Image

from visuosyn.corpus import conllu
from visuosyn.data import HeatMaps, Sentence
from visuosyn.microworld import corpus, words
from visuosyn.microworld.grammar import GROUND
from visuosyn.microworld.render import SIZE
from visuosyn.microworld.scenes import Scene, Split, sample
from visuosyn.stats.bootstrap import bootstrap_means, percentile_interval
from visuosyn.tracing import trace

FIRST_SEED = 11_000_000
"""Seeds from here on are those of no training scene, nor of those that the decoder is tried on. A simple picture (one
thing, no adjective) can still equal one of theirs: scenes of the split ``held-out`` never do."""
TIMES = (100, 300, 500, 700, 900)
RULE = "relative:0.4"
LEAST = 30
"""A thing of which fewer pixels show is left out: a map of 12x12 cells cannot be asked for less than half a cell."""
DISC = (68, 48, 23)
"""Row, column and radius, in pixels, of the disc that stands for a guess without looking: the one with the largest mean
IoU with things in training scenes (steps of 4, 4 and 3 pixels)."""
EVERY_LAYER = "all layers"
BATCH = 16


class Teacher(StableDiffusionPipeline):
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


@dataclass(frozen=True)
class Unit:
    """A part of a caption that shows something: ``sort`` (object, adjective, ground), the group it is reported in, the
    places of its words, and its visible mask."""

    sort: str
    group: str
    places: tuple[int, ...]
    mask: NDArray[np.bool_]


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


def units(scene: Scene) -> list[Unit]:
    """What of a caption can be scored: each mention of a thing, each adjective, the ground.

    A mention is scored against all that it names ("two dogs": both), an adjective against its noun's mask. Words of
    relation, numbers and pronouns are left out, and so is what shows on fewer than ``LEAST`` pixels.
    """
    found = {
        thing.words: Unit("object", thing.noun, thing.words, scene.masks[thing.words[0]]) for thing in scene.objects
    }
    units = list(found.values())
    for place, token in enumerate(scene.tree):
        if token.upos == "ADJ":
            units.append(Unit("adjective", adjective_sort(token.lemma), (place,), scene.masks[place]))
        elif scene.sentence.shows[place] == {GROUND}:
            units.append(Unit("ground", token.lemma, (place,), scene.ground_mask))
    return [unit for unit in units if unit.mask.sum() >= LEAST]


def adjective_sort(adjective: str) -> str:
    """What an adjective speaks of: ``colour``, ``size`` or ``pattern``."""
    sorts = {"colour": words.COLOURS, "size": words.SIZES, "pattern": words.PATTERNS}
    return next(sort for sort, members in sorts.items() if adjective in members)


def score(pairs: Iterable[tuple[Scene, HeatMaps]]) -> pd.DataFrame:
    """One row a unit and choice of layers: IoU of its words' areas with its mask, and of two guesses without looking.

    Columns: ``scene`` (the seed), ``kind``, ``layers`` ("all" is plain DAAM over all cross-attention layers; single
    ones beside it where there are several), ``sort``, ``group``, ``iou``, ``peak`` (the hottest pixel lies in the
    mask), ``whole`` (IoU of the whole picture), ``disc`` (of a centred disc). A unit of several words ("fire truck")
    has the mean over its words. Maps are brought to the picture's size (bicubic) and cut at 0.4 of their maximum.
    """
    return pd.DataFrame([row for scene, maps in pairs for row in _rows(scene, maps)])


def _rows(scene: Scene, maps: HeatMaps) -> Iterator[dict[str, Any]]:
    rows = {word.start: row for row, word in enumerate(maps.words)}
    layers = sorted({part.layer for part in maps.slices if part.layer})
    chosen = {"all": maps} | ({name: _only(maps, name) for name in layers} if len(layers) > 1 else {})
    for unit in units(scene):
        guesses = {"whole": iou(np.ones_like(unit.mask), unit.mask), "disc": iou(disc(), unit.mask)}
        for name, some in chosen.items():
            found = [_word(some, rows[scene.tree[place].start], unit.mask) for place in unit.places]
            values = dict(zip(("iou", "peak"), np.mean(found, axis=0).tolist(), strict=True))
            about = {"scene": maps.caption_id, "kind": scene.kind, "layers": name}
            yield about | {"sort": unit.sort, "group": unit.group} | values | guesses


def _word(maps: HeatMaps, row: int, mask: NDArray[np.bool_]) -> tuple[float, float]:
    """IoU of a word's area with the mask, and whether its hottest pixel lies inside."""
    area = maps[row].mask(RULE, size=(SIZE, SIZE))
    hottest = maps[row].mask("relative:1", size=(SIZE, SIZE))
    return iou(area, mask), float(mask[hottest].mean()) if hottest.any() else 0.0


def _only(maps: HeatMaps, layer: str) -> HeatMaps:
    return maps.with_facts(slices=tuple(part for part in maps.slices if part.layer == layer))


def iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of which one at least holds a pixel.

    >>> iou(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    return float((first & second).sum() / (first | second).sum())


def disc() -> NDArray[np.bool_]:
    """The disc, (96, 96)."""
    row, column, radius = DISC
    y, x = np.ogrid[:SIZE, :SIZE]
    return np.asarray((y - row) ** 2 + (x - column) ** 2 < radius**2)


MEASURES = {
    "iou": "IoU at 0.4 of the maximum",
    "peak": "peak inside",
    "whole": "IoU of the whole picture",
    "disc": "IoU of a centred disc",
}


def summary(table: pd.DataFrame, *, draws: int = 2000) -> pd.DataFrame:
    """The figures: ``measure, group, value, low, high, n``; intervals of 95% by a bootstrap over scenes.

    ``n`` counts units. The guesses are given for all layers only, since they do not depend on the maps.
    """
    rows = []
    for (layers, sort), part in table.groupby(["layers", "sort"], sort=False):
        names = MEASURES if layers == "all" else {name: MEASURES[name] for name in ("iou", "peak")}
        rows += [_figure(part, name, f"{sort}: {MEASURES[name]}", _layer(str(layers)), draws) for name in names]
        if layers == "all":
            rows.append(_figure(part, "iou", f"{sort}: IoU, times that of the disc", EVERY_LAYER, draws, over="disc"))
            kinds = part.groupby("group" if sort != "object" else "kind")
            rows += [_figure(some, "iou", f"{sort}: {MEASURES['iou']}", str(name), draws) for name, some in kinds]
    return pd.DataFrame(rows)


def _layer(name: str) -> str:
    """A layer by its block, such as ``up_blocks.1.attentions.1``."""
    return EVERY_LAYER if name == "all" else name.split(".transformer_blocks")[0]


def _figure(
    part: pd.DataFrame, column: str, measure: str, group: str, draws: int, *, over: str | None = None
) -> dict[str, Any]:
    """A column's mean, or its sum over that of another column, with an interval by resampled scenes."""
    by_scene = part.assign(one=1.0).groupby("scene")[[column, over or "one"]].sum().to_numpy(np.float64)
    samples = bootstrap_means(by_scene[:, 0], by_scene[:, 1], draws=draws)
    low, high = percentile_interval(samples, len(by_scene))
    value = float(by_scene[:, 0].sum() / by_scene[:, 1].sum())
    name = f"attention, {measure}"
    return {"measure": name, "group": group, "value": value, "low": float(low), "high": float(high), "n": len(part)}
