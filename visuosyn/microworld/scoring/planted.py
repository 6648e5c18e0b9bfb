"""Do heat maps know which thing contains which? Relations of maps against those of exact masks.

Under teacher forcing (see `teacher`) the U-Net reads a true picture, so the masks of what the words name are known
exactly. For each head-dependent pair the areas of the two maps stand in a relation (apart, the head's contains the
dependent's, the reverse, the same), and so do the two masks: the share of pairs where both agree is the answer.

``visuosyn world planted --out FILE`` writes the table; a report shows it from ``tables/planted.csv``.

Nouns are drawn things, with the mask of what they name; the two of a compound name one thing and share its mask, so
their masks always stand in the relation "same". Adjectives, verbs and words of relation have masks by convention: what
their nouns cover. Pairs with such a word are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from visuosyn.data import HeatMaps, Sentence, WordPair
from visuosyn.measure.overlap import Overlap, overlaps
from visuosyn.measure.pair_table import OVERLAPS
from visuosyn.microworld.scoring.teacher import FIRST_SEED, gold_sentence, teacher_forced
from visuosyn.microworld.scoring.truth import LEAST
from visuosyn.microworld.world.render import SIZE
from visuosyn.microworld.world.scenes import Scene
from visuosyn.parse import word_pairs
from visuosyn.run import write_text
from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval
from visuosyn.tracing import load_pipeline

RULES = ("relative:0.3", "relative:0.4", "relative:0.5")
DRAWN, CONVENTION = "drawn things", "masks by convention"
HALF = 0.5  # of an area: from here on it lies inside the other
CLASSES = ("apart", "head contains dependent", "dependent contains head", "same")


def containment(iod: ArrayLike, ioh: ArrayLike) -> NDArray[np.object_]:
    """The relation of two areas from the share of the dependent's (IoD) and of the head's (IoH) that both cover.

    An area of which half or more lies in the other is inside it. Missing shares, of empty areas, count as apart.

    >>> containment([0.9, 0.1, 0.8, 0.2], [0.3, 0.2, 0.7, 0.6]).tolist()
    ['head contains dependent', 'apart', 'same', 'dependent contains head']
    """
    inside, around = np.asarray(iod) >= HALF, np.asarray(ioh) >= HALF
    return np.array(CLASSES, dtype=object)[inside * 1 + around * 2]


def planted_pairs(scenes: Iterable[tuple[Scene, HeatMaps]], *, rules: Sequence[str] = RULES) -> pd.DataFrame:
    """One row a scene, head-dependent pair with two masks, and mask rule.

    Columns: scene, relation, ``words`` ("drawn things" or "masks by convention"), mask; iou, iod, ioh of the maps'
    areas in the picture's pixels and ``true_iou``, ``true_iod``, ``true_ioh`` of the masks; ``maps`` and ``truth``,
    the two relations of areas. A pair with a word of which fewer than 30 pixels show, or that has no map, is left out:
    its overlaps and relations are missing.
    """
    return pd.DataFrame([row for scene, maps in scenes for row in _rows(scene, maps, rules)])


def _rows(scene: Scene, maps: HeatMaps, rules: Sequence[str]) -> Iterator[dict[str, object]]:
    sentence = gold_sentence(scene, str(maps.caption_id))
    rows = {word.start: row for row, word in enumerate(maps.words)}
    seen = {place for place, mask in scene.masks.items() if mask.sum() >= LEAST and sentence.words[place].start in rows}
    pairs = _pairs(scene, sentence)
    known = [(pair, words) for pair, words in pairs if {pair.head, pair.dependent} <= seen]
    for pair, words in pairs:
        if not {pair.head, pair.dependent} <= seen:
            for rule in rules:
                about = {"scene": maps.caption_id, "relation": pair.relation, "words": words, "mask": rule}
                yield about | dict.fromkeys(("iou", "true_iou", "maps", "truth"))
    if not known:
        return
    places = sorted({place for pair, _ in known for place in (pair.head, pair.dependent)})
    at = {place: number for number, place in enumerate(places)}
    ends = [[at[pair.head] for pair, _ in known], [at[pair.dependent] for pair, _ in known]]
    true = overlaps(np.stack([scene.masks[place] for place in places]), *ends)
    for rule in rules:
        areas = [maps[rows[sentence.words[place].start]].mask(rule, size=(SIZE, SIZE)) for place in places]
        found = overlaps(np.stack(areas).astype(bool), *ends)
        for number, (pair, words) in enumerate(known):
            about = {"scene": maps.caption_id, "relation": pair.relation, "words": words, "mask": rule}
            yield about | _values(found, number, "") | _values(true, number, "true_")


def _values(found: Overlap, number: int, prefix: str) -> dict[str, object]:
    values = {prefix + name: float(getattr(found, name)[number]) for name in OVERLAPS}
    which = containment([found.iod[number]], [found.ioh[number]])[0]
    return {**values, "truth" if prefix else "maps": which}


def _pairs(scene: Scene, sentence: Sentence) -> list[tuple[WordPair, str]]:
    """The head-dependent pairs of words that have a mask, with what their masks are."""
    nouns = {place for place, word in enumerate(sentence.words) if word.upos in ("NOUN", "PROPN")}
    return [
        (pair, DRAWN if {pair.head, pair.dependent} <= nouns else CONVENTION)
        for pair in word_pairs(sentence, unrelated=False)
        if {pair.head, pair.dependent} <= set(scene.masks)
    ]


def planted_table(rows: pd.DataFrame, *, draws: int = 2000) -> pd.DataFrame:
    """Agreement of maps and masks: a row for each mask rule, kind of words and relation, and for all of a kind.

    Columns: mask, words, relation, n_pairs, n_scenes, ``n_left_out`` (pairs beside them that could not be compared);
    ``agreement``, the share of pairs (in per cent) whose maps stand
    in the relation of their masks, with ``low`` and ``high`` of 95% by a bootstrap over scenes; ``chance``, the
    agreement if maps were assigned at random to the pairs of the row; ``kappa`` = (agreement - chance) / (100 - chance)
    (Cohen 1960); mean overlaps in per cent of maps and masks, ``mIoU``, ``true_mIoU``, ``difference`` and
    ``true_difference`` of IoD - IoH. How to read: high agreement without kappa says only that nearly all pairs of the
    row stand in one relation, and that the maps mostly show that one.
    """
    keys = ["mask", "words", "relation"]
    both = pd.concat([rows, rows.assign(relation="all")], ignore_index=True)
    every, lost = both[both["truth"].notna()], both[both["truth"].isna()].groupby(keys).size()
    order = every.groupby(keys).size().rename("n_pairs").reset_index()
    order["all"] = order["relation"] != "all"
    order = order.sort_values(
        ["mask", "words", "all", "n_pairs", "relation"], ascending=[True, True, True, False, True]
    )
    groups = dict(list(every.groupby(keys)))
    lines = []
    for key in order[keys].itertuples(index=False, name=None):
        lines.append(_line(key, groups[key], int(lost.get(key, 0)), draws))
    return pd.DataFrame(lines)


def _line(key: tuple[str, ...], rows: pd.DataFrame, lost: int, draws: int) -> dict[str, object]:
    agree = (rows["maps"] == rows["truth"]).groupby(rows["scene"]).agg(["sum", "count"]).to_numpy(np.float64)
    samples = bootstrap_means(agree[:, 0], agree[:, 1], draws=draws)
    low, high = percentile_interval(samples, effective_number(agree[:, 1]))
    share = float(agree[:, 0].sum() / agree[:, 1].sum())
    chance = sum(float((rows["maps"] == name).mean() * (rows["truth"] == name).mean()) for name in CLASSES)
    line: dict[str, object] = dict(zip(("mask", "words", "relation"), key, strict=True))
    line |= {"n_pairs": len(rows), "n_scenes": len(agree), "n_left_out": lost}
    line |= {"agreement": 100 * share, "low": 100 * float(low), "high": 100 * float(high), "chance": 100 * chance}
    line["kappa"] = (share - chance) / (1 - chance) if chance < 1 else np.nan
    for prefix in ("", "true_"):
        line[f"{prefix}mIoU"] = 100 * rows[f"{prefix}iou"].mean()
        line[f"{prefix}difference"] = 100 * (rows[f"{prefix}iod"] - rows[f"{prefix}ioh"]).mean()
    return line


def write_planted(out: Path, *, model: Any = "micro", scenes: int = 500) -> None:
    """Write the table of a model of this world as CSV, figures rounded to four places.

    Args:
        out: the file; its folders are made.
        model: "micro", a pipeline folder of this world, or a pipeline.
        scenes: how many true scenes it is shown, of seeds that no training used.

    >>> write_planted(Path("planted.csv"), scenes=2)
    >>> Path("planted.csv").read_text().split(",")[:4]
    ['mask', 'words', 'relation', 'n_pairs']
    """
    seeds = range(FIRST_SEED, FIRST_SEED + scenes)
    rows = planted_pairs(teacher_forced(load_pipeline(model), seeds))
    write_text(out, planted_table(rows).round(4).to_csv(index=False, lineterminator="\n"))
