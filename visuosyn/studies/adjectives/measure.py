"""The rows that the pictures of one template give: leakage, changes, colours, bindings.

Values are shares 0..1. Every table begins with template, cluster (template x adjective), caption_id and seed.

``leakage``: a row per picture, adjective and mask rule: role, adjective, noun, mask, and what
``visuosyn.studies.adjectives.attention.leakage`` gives.
``changes``: a row per picture against that of the template's first adjective: comparison ("adjective", "adjective,
re-used", "none", "noun", "seed"), adjective, and rgb_ and ssim_ inside, outside, others.
``colours``: a row per picture and object: reused, adjective, noun, own (it is the adjective's noun), seen (which of the
alternatives the judge sees on it, "" for none of them), control (the same in the picture without an adjective).
``bindings``: a row per picture with two adjectives: outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import Dropped, HeatMaps
from visuosyn.errors import UserError
from visuosyn.judge import Judge, as_image, unknown_nouns
from visuosyn.measure.regions import object_regions, region_change
from visuosyn.run import RunFolder, read_shard
from visuosyn.studies.adjectives.attention import binding, leakage
from visuosyn.studies.adjectives.design import AdjectivePrompt, Span, Template, prompts_of
from visuosyn.studies.adjectives.redraw import reused_shard
from visuosyn.studies.base import Measured

TABLES = ("leakage", "changes", "colours", "bindings")

Rows = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class JudgedPicture:
    """A picture, uint8 (row, column, 3), with the masks of the nouns that the judge found, and for each of these the
    adjective that it chose among the alternatives (``None``: none of them)."""

    image: NDArray[np.uint8]
    masks: Mapping[str, NDArray[np.bool_]]
    adjectives: Mapping[str, str | None]

    def others(self, noun: str) -> NDArray[np.bool_]:
        """The mask of all found objects but one."""
        blank = np.zeros(self.image.shape[:2], dtype=bool)
        others: NDArray[np.bool_] = np.logical_or.reduce(
            [blank, *(mask for name, mask in self.masks.items() if name != noun)]
        )
        return others


@dataclass(frozen=True, eq=False)
class DrawnTemplate:
    """All pictures of a template: ``free`` and ``reused`` by (caption id, seed), with the maps of the free ones."""

    template: Template
    seeds: tuple[int, ...]
    maps: Mapping[tuple[str, int], HeatMaps]
    free: Mapping[tuple[str, int], JudgedPicture]
    reused: Mapping[tuple[str, int], JudgedPicture]

    @property
    def prompts(self) -> tuple[AdjectivePrompt, ...]:
        """What was drawn."""
        return prompts_of(self.template)


def units(folder: RunFolder, templates: Sequence[Template]) -> list[tuple[Path, ...]]:
    """The shards that each template rests on: those of its prompts, and that of the pictures with re-used attention."""
    parts, each = folder.parts(), folder.facts.captions_per_part
    found, start = [], 0
    for number, template in enumerate(templates):
        end = start + len(prompts_of(template))
        shards = [shard for part in parts[start // each : (end - 1) // each + 1] for shard in part]
        found.append((*shards, *([reused_shard(folder, number)] if len(template.nouns) == 1 else [])))
        start = end
    if missing := sum(not shards[-1].is_file() for shards in found):
        raise UserError(
            f"{folder.path} is not drawn to the end ({missing} of {len(found)} templates are missing with re-used "
            "attention): run the same command again"
        )
    return found


def measurer(
    folder: RunFolder, templates: Sequence[Template], judge: Judge, masks: Sequence[str]
) -> Callable[[int], Measured]:
    """A function that judges and measures the pictures of a template."""
    shards, groups = units(folder, templates), alternatives(templates)
    seeds = folder.facts.seeds

    def measure(number: int) -> Measured:
        template = templates[number]
        asked = {prompt.caption.id: prompt.asked for prompt in prompts_of(template)}
        choice = groups[template.adjectives[0]]

        def see(maps: HeatMaps) -> JudgedPicture:
            return judged(judge, as_image(maps.image), asked[maps.caption_id], choice)

        single = len(template.nouns) == 1
        own = shards[number][:-1] if single else shards[number]
        images = (maps for shard in own for maps in read_shard(shard) if maps.caption_id in asked)
        free = {_key(maps): maps for maps in images if not any(one.what == "image" for one in maps.dropped)}
        reused = {_key(maps): see(maps) for maps in (read_shard(shards[number][-1]) if single else ())}
        drawn = DrawnTemplate(template, seeds, free, {key: see(maps) for key, maps in free.items()}, reused)
        rows, lost = measure_scene(drawn, judge, masks)
        return Measured({name: pd.DataFrame(rows[name], columns=COLUMNS[name]) for name in TABLES}, lost)

    return measure


def _key(maps: HeatMaps) -> tuple[str, int]:
    return maps.caption_id, int(maps.seed or 0)


def measure_scene(scene: DrawnTemplate, judge: Judge, rules: Sequence[str]) -> tuple[dict[str, Rows], list[Dropped]]:
    """The rows of the four tables that a template gives, and what of it could not be measured."""
    lost: list[Dropped] = []
    found: dict[str, Rows] = {name: [] for name in TABLES}
    for prompt in scene.prompts:
        name, unknown = prompt.caption.id, _unknown(prompt, judge)
        lost += [Dropped("word", name, phrase, f"the judge {judge.name} cannot tell it") for phrase in unknown]
        for seed in (seed for seed in scene.seeds if (name, seed) in scene.free):
            seen = scene.free[name, seed]
            missing = [noun for noun in prompt.asked if noun not in seen.masks]
            lost += [Dropped("word", name, noun, f"the judge {judge.name} did not find it", seed) for noun in missing]
            if prompt.role in ("adjective", "pair"):
                found["leakage"] += _leakage_rows(prompt, scene.maps[name, seed], seen, rules)
            if prompt.role == "adjective" and not unknown:
                found["colours"] += _colour_rows(scene, prompt, seed)
            if prompt.role == "pair" and not unknown:
                found["bindings"].append(_facts(prompt, seed) | {"outcome": _outcome(prompt, seen)})
    if len(scene.template.nouns) == 1:
        found["changes"] += _change_rows(scene)
    return found, lost


def alternatives(templates: Sequence[Template]) -> dict[str, tuple[str, ...]]:
    """For each adjective its group: those that occur in the same templates, directly or through others.

    >>> a, b = Template("1", "a {} [hat]", ("red", "blue")), Template("2", "a {} [cat]", ("big", "small"))
    >>> alternatives([a, b])["red"], alternatives([a, b])["small"]
    (('red', 'blue'), ('big', 'small'))
    """
    groups: list[tuple[str, ...]] = []
    for template in templates:
        joined = [group for group in groups if set(group) & set(template.adjectives)]
        merged = tuple(dict.fromkeys([*(one for group in joined for one in group), *template.adjectives]))
        groups = [group for group in groups if group not in joined] + [merged]
    return {adjective: group for group in groups for adjective in group}


def judged(judge: Judge, image: NDArray[np.uint8], nouns: Sequence[str], adjectives: Sequence[str]) -> JudgedPicture:
    """What a judge sees of the nouns, and which of the adjectives fits each best (of those that it knows with it)."""
    present = {v.noun: v.mask for v in judge.judge(image, nouns) if v.present and v.mask is not None}
    chosen: dict[str, str | None] = {}
    for noun in present:
        asked = {f"{adjective} {noun}": adjective for adjective in adjectives}
        unknown = unknown_nouns(judge, asked)
        verdicts = judge.judge(image, [phrase for phrase in asked if phrase not in unknown])
        fitting = [v for v in verdicts if v.present]
        chosen[noun] = asked[max(fitting, key=lambda v: v.score).noun] if fitting else None
    return JudgedPicture(image, present, chosen)


def _unknown(prompt: AdjectivePrompt, judge: Judge) -> tuple[str, ...]:
    """The prompt's adjectives on its nouns that the judge cannot tell; then nothing is said of their colours."""
    phrases = [f"{adjective} {noun}" for adjective in prompt.adjectives for noun in prompt.asked]
    return unknown_nouns(judge, phrases) if prompt.role in ("adjective", "pair") else ()


def _facts(prompt: AdjectivePrompt, seed: int) -> dict[str, Any]:
    """The columns that say which picture a row is of."""
    name = prompt.template.id
    cluster = f"{name} {'/'.join(prompt.adjectives)}"
    return {"template": name, "cluster": cluster, "caption_id": prompt.caption.id, "seed": seed}


def _leakage_rows(
    prompt: AdjectivePrompt, maps: HeatMaps, seen: JudgedPicture, rules: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for adjective, noun, *spans in zip(
        prompt.adjectives, prompt.nouns, prompt.adjective_spans, prompt.noun_spans, strict=True
    ):
        found = {name: _span_map(maps, span) for name, span in zip(("adjective", "noun"), spans, strict=True)}
        named = {name: one for name, one in found.items() if one is not None}
        if noun in seen.masks and len(named) == 2:
            facts = _facts(prompt, maps.seed or 0) | {"role": prompt.role, "adjective": adjective, "noun": noun}
            facts["cluster"] = f"{prompt.template.id} {adjective}"
            for row in leakage(named, seen.masks[noun], seen.others(noun), rules, steps=maps.steps):
                yield facts | row


def _span_map(maps: HeatMaps, span: Span) -> NDArray[np.float32] | None:
    """The mean map of the words in a span of characters; ``None`` where none was traced."""
    rows = [row for row, word in enumerate(maps.words) if word.start < span[1] and span[0] < word.end]
    return maps.array[rows].mean(axis=0) if rows else None


def _colour_rows(scene: DrawnTemplate, prompt: AdjectivePrompt, seed: int) -> Iterator[dict[str, Any]]:
    """The adjective that the judge sees on each object, beside that in the picture without an adjective."""
    control = scene.free.get((_named(scene, "none").caption.id, seed))
    for reused, pictures in ((False, scene.free), (True, scene.reused)):
        seen = pictures.get((prompt.caption.id, seed))
        for noun in prompt.asked:
            if seen and control and noun in seen.masks and noun in control.masks:
                yield _facts(prompt, seed) | {
                    "reused": reused,
                    "adjective": prompt.adjectives[0],
                    "noun": noun,
                    "own": noun in prompt.nouns,
                    "seen": seen.adjectives[noun] or "",
                    "control": control.adjectives[noun] or "",
                }


def _outcome(prompt: AdjectivePrompt, seen: JudgedPicture) -> str:
    if any(noun not in seen.masks for noun in prompt.nouns):
        return "missing"
    return binding(prompt.adjectives, [seen.adjectives[noun] for noun in prompt.nouns])


def _change_rows(scene: DrawnTemplate) -> Iterator[dict[str, Any]]:
    """Each picture against that of the first adjective and the same seed; pictures where its noun is not found are left
    out."""
    first, *rest = [prompt for prompt in scene.prompts if prompt.role == "adjective"]
    for at, seed in enumerate(scene.seeds):
        reference = scene.free.get((first.caption.id, seed))
        if reference is None or first.nouns[0] not in reference.masks:
            continue
        plans = [("adjective", one, scene.free, seed) for one in rest]
        plans += [("adjective, re-used", one, scene.reused, seed) for one in rest]
        plans += [(one.role, one, scene.free, seed) for one in scene.prompts if one.role in ("none", "noun")]
        if len(scene.seeds) > 1:
            plans.append(("seed", first, scene.free, scene.seeds[(at + 1) % len(scene.seeds)]))
        for comparison, prompt, pictures, other_seed in plans:
            other = pictures.get((prompt.caption.id, other_seed))
            if other is not None:
                named = prompt if prompt.role == "adjective" else first
                facts = _facts(named, seed) | {"comparison": comparison, "adjective": named.adjectives[0]}
                yield facts | _compared(reference, other, first.nouns[0], prompt.nouns[0])


def _compared(reference: JudgedPicture, other: JudgedPicture, noun: str, other_noun: str) -> dict[str, float]:
    there = other.masks.get(other_noun, np.zeros_like(reference.masks[noun]))
    regions = object_regions((reference.masks[noun], there), (reference.others(noun), other.others(other_noun)))
    return region_change(reference.image, other.image, regions)


def _named(scene: DrawnTemplate, role: str) -> AdjectivePrompt:
    return next(prompt for prompt in scene.prompts if prompt.role == role)


def _columns(*names: str) -> list[str]:
    return ["template", "cluster", "caption_id", "seed", *names]


COLUMNS = {
    "leakage": _columns(
        *("role", "adjective", "noun", "mask", "leakage", "noun_leakage", "on_others", "chance", "area", "noun_area")
    ),
    "changes": _columns(
        "comparison", "adjective", *(f"{m}_{r}" for m in ("rgb", "ssim") for r in ("inside", "outside", "others"))
    ),
    "colours": _columns("reused", "adjective", "noun", "own", "seen", "control"),
    "bindings": _columns("outcome"),
}
