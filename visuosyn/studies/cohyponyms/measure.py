"""Measuring a cohyponym study: what the judge sees in each picture, and where the two nouns' attention lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import Dropped, HeatMaps, MaskRule
from visuosyn.data.resize import bicubic
from visuosyn.judge import Judge, Verdict, as_image
from visuosyn.judge.person import PersonJudge
from visuosyn.judge.trial import try_judge
from visuosyn.measure.overlap import Overlap, rule_overlaps
from visuosyn.microworld.world import words
from visuosyn.run import RunFolder, read_shard
from visuosyn.studies.base import Measured
from visuosyn.studies.cohyponyms.design import NounPrompt

ROWS = ("images", "overlaps")
KINDS = {True: "cohyponyms", False: "others"}
HALF = 0.5
IMAGES = ("caption_id", "seed", "template", "pair", "kind", "outcome")  # those that a part without an image has
OVERLAPS = ("caption_id", "seed", "mask", "iou", "iod", "ioh", "first_area", "second_area")


@dataclass(frozen=True, eq=False)
class JudgedNouns:
    """The two nouns of a picture: verdicts, their mean heat maps (noun, row, column), mean cosine of their words."""

    verdicts: tuple[Verdict, ...]
    maps: NDArray[np.float32]
    cosine: float


def measurer(
    folder: RunFolder, prompts: Sequence[NounPrompt], judge: Judge, masks: Sequence[str]
) -> Callable[[int], Measured]:
    """A function that judges and measures the images of a part of the prompts."""
    by_id = {prompt.id: prompt for prompt in prompts}

    def measure(number: int) -> Measured:
        rows: dict[str, list[dict[str, Any]]] = {"images": [], "overlaps": []}
        dropped: list[Dropped] = []
        for maps in (maps for shard in folder.part(number) for maps in read_shard(shard)):
            lost = _lost(maps, by_id[maps.caption_id], judge)
            dropped += lost
            if not lost:
                image, overlaps = measure_image(maps, by_id[maps.caption_id], judge, masks)
                rows["images"].append(image)
                rows["overlaps"] += overlaps
        tables = {
            "images": pd.DataFrame(rows["images"]) if rows["images"] else pd.DataFrame(columns=[*IMAGES]),
            "overlaps": pd.DataFrame(rows["overlaps"], columns=[*OVERLAPS]),
        }
        return Measured(tables, dropped)

    return measure


def measure_image(
    maps: HeatMaps, prompt: NounPrompt, judge: Judge, rules: Sequence[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One picture: its row of the table of images, and its rows of the table of overlaps, one a mask rule.

    The row holds per noun (``first_`` and ``second_`` in the order of the text) what the judge says and the share of
    the picture that it says the noun fills; ``outcome``: both, doubled (one noun twice, the other not), one, none;
    ``blend``: one noun is there, and at least half of either word's area lies on it; ``misplaced``: both are there, the
    share of a word's attention on the two that lies on the other's (mean of the words); ``swapped``: that share is over
    half for both words. NaN where a figure means nothing for the picture or the judge does not say where things are.
    """
    verdicts = tuple(judge.judge(as_image(maps.image), prompt.nouns))
    seen = JudgedNouns(verdicts, _noun_maps(maps, prompt), _cosine(maps, prompt))
    row = {"caption_id": prompt.id, "seed": int(maps.seed or 0), "template": prompt.template} | _design(prompt)
    for place, verdict in zip(("first", "second"), verdicts, strict=False):
        area = float("nan") if verdict.mask is None else float(verdict.mask.mean())
        row |= {f"{place}_present": verdict.present, f"{place}_score": verdict.score, f"{place}_filled": area}
    row["outcome"] = _outcome(verdicts)
    if len(verdicts) == 1:
        return row | {
            "cosine": float("nan"),
            "blend": float("nan"),
            "misplaced": float("nan"),
            "swapped": float("nan"),
        }, []
    chosen = [MaskRule.parse(rule) for rule in rules]
    found = rule_overlaps(seen.maps, [1], [0], chosen, steps=maps.steps)
    rows = [_overlap_row(row, rule, found, number) for number, rule in enumerate(rules)]
    return row | {"cosine": seen.cosine, "blend": _blend(seen, chosen[0], maps.steps)} | _placed(seen), rows


def trial(prompts: Sequence[NounPrompt], judge: Judge) -> pd.DataFrame:
    """How often the judge is right by kind of pair on true scenes, where the nouns are the microworld's.

    Columns kind, question (present or absent), n, right; empty for nouns of another world: there is no truth to ask.
    """
    partners: dict[str, dict[str, list[str]]] = {kind: defaultdict(list) for kind in KINDS.values()}
    for pair in {prompt.pair for prompt in prompts if prompt.pair}:
        for noun, other in (pair.nouns, pair.nouns[::-1]):
            partners[KINDS[pair.cohyponyms]][noun].append(other)
    asked = {noun for known in partners.values() for noun in known}
    if not asked <= set(words.NOUNS) or isinstance(judge, PersonJudge):
        return pd.DataFrame({"kind": pd.Series(dtype=str), "question": [], "n": [], "right": []})
    return try_judge(judge, partners)


def _design(prompt: NounPrompt) -> dict[str, Any]:
    first, second, *_ = (*prompt.nouns, "")
    pair = prompt.pair
    big = prompt.sizes.index("big") if "big" in prompt.sizes else -1
    return {
        "pair": pair.name if pair else "",
        "kind": KINDS[pair.cohyponyms] if pair else "",
        "hypernym": pair.hypernym if pair else "",
        "first": first,
        "second": second,
        "turned": bool(pair and first != pair.first),
        "big": ("first", "second", "")[big],
    }


def _outcome(verdicts: Sequence[Verdict]) -> str:
    there = sum(verdict.present for verdict in verdicts)
    if there == len(verdicts):
        return "both" if there == 2 else "there"
    doubled = any((verdict.count or 0) > 1 for verdict in verdicts)
    return "doubled" if doubled and len(verdicts) == 2 else ("one" if there else "none")


def _overlap_row(row: Mapping[str, Any], rule: str, found: Overlap, number: int) -> dict[str, Any]:
    """A is the first noun's area, B the second's."""
    values = (found.iou, found.iod, found.ioh, found.dependent_area, found.head_area)
    measured = dict(zip(OVERLAPS[3:], (float(value[number, 0]) for value in values), strict=True))
    return {"caption_id": row["caption_id"], "seed": row["seed"], "mask": rule} | measured


def _blend(seen: JudgedNouns, rule: MaskRule, steps: int) -> float:
    there = [verdict for verdict in seen.verdicts if verdict.present]
    if any(verdict.mask is None for verdict in seen.verdicts):
        return float("nan")
    if len(there) != 1:
        return 0.0
    mask = np.asarray(there[0].mask)
    maps = _at(seen.maps, mask.shape)
    areas = rule.apply(maps) if rule.kind == "soft" else rule.binarize(maps, steps=steps)
    total = areas.sum(axis=(1, 2))
    return float(bool(np.all((total > 0) & ((areas * mask).sum(axis=(1, 2)) >= HALF * total))))


def _placed(seen: JudgedNouns) -> dict[str, float]:
    masks = [verdict.mask for verdict in seen.verdicts]
    nothing = {"misplaced": float("nan"), "swapped": float("nan")}
    if not all(verdict.present for verdict in seen.verdicts) or any(mask is None for mask in masks):
        return nothing
    objects = np.stack([np.asarray(mask) for mask in masks])
    maps = _at(seen.maps, objects.shape[1:])
    on = np.einsum("wrc,orc->wo", maps, objects)  # word's attention on object
    if not np.all(on.sum(axis=1) > 0):
        return nothing
    other = on[[0, 1], [1, 0]] / on.sum(axis=1)
    return {"misplaced": float(other.mean()), "swapped": float(bool(np.all(other > HALF)))}


def _at(maps: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    return np.maximum(bicubic(maps, (size[0], size[1])), 0)


def _rows(maps: HeatMaps, prompt: NounPrompt) -> list[list[int]]:
    """The rows of each noun's words; a noun whose words all lack a map has none."""
    row_of = {position: row for row, position in enumerate(maps.extra["positions"])}
    return [[row_of[at] for at in positions if at in row_of] for positions in prompt.positions]


def _noun_maps(maps: HeatMaps, prompt: NounPrompt) -> NDArray[np.float32]:
    return np.stack([maps.array[rows].mean(axis=0) for rows in _rows(maps, prompt)])


def _cosine(maps: HeatMaps, prompt: NounPrompt) -> float:
    rows = _rows(maps, prompt)
    if maps.cosines is None or len(rows) < 2:
        return float("nan")
    return float(maps.cosines[np.ix_(rows[0], rows[1])].mean())


def _lost(maps: HeatMaps, prompt: NounPrompt, judge: Judge) -> list[Dropped]:
    """Why a picture cannot be measured; empty if it can."""
    lost = [one for one in maps.dropped if one.what == "image"]
    missing = [noun for noun, rows in zip(prompt.nouns, _rows(maps, prompt), strict=True) if not rows]
    if missing:
        reason = f"no heat map of {', '.join(map(repr, missing))}"
        lost.append(Dropped("image", prompt.id, maps.prompt, reason, maps.seed))
    if isinstance(judge, PersonJudge) and judge.rated(as_image(maps.image), prompt.nouns) != [*prompt.nouns]:
        lost.append(Dropped("image", prompt.id, maps.prompt, "nobody judged all of its nouns", maps.seed))
    return lost
