"""A study made by hand: sentences with trees, soft blobs for maps, the measured table, all from one seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image

from visuosyn.masks import MaskRule
from visuosyn.records import HeatMaps, Part, Sentence, Word

TREES = {  # text: (word, upos, head, relation)
    "a red ball": [("a", "DET", 2, "det"), ("red", "ADJ", 2, "amod"), ("ball", "NOUN", -1, "root")],
    "a dog and a cat": [
        ("a", "DET", 1, "det"),
        ("dog", "NOUN", -1, "root"),
        ("and", "CCONJ", 4, "cc"),
        ("a", "DET", 4, "det"),
        ("cat", "NOUN", 1, "conj:and"),
    ],
    "a monkey with a hat walking": [
        ("a", "DET", 1, "det"),
        ("monkey", "NOUN", -1, "root"),
        ("with", "ADP", 4, "case"),
        ("a", "DET", 4, "det"),
        ("hat", "NOUN", 1, "nmod:with"),
        ("walking", "VERB", 1, "acl"),
    ],
    "the pig holds a yellow balloon under a tree .": [
        ("the", "DET", 1, "det"),
        ("pig", "NOUN", 2, "nsubj"),
        ("holds", "VERB", -1, "root"),
        ("a", "DET", 5, "det"),
        ("yellow", "ADJ", 5, "amod"),
        ("balloon", "NOUN", 2, "obj"),
        ("under", "ADP", 8, "case"),
        ("a", "DET", 8, "det"),
        ("tree", "NOUN", 2, "obl:under"),
        (".", "PUNCT", 2, "punct"),
    ],
}
RULES = ("relative:0.3", "relative:0.4", "relative:0.5", "summed:0.15", "area:0.25", "soft")
GRID = (8, 12)


def sentence(text: str, *, name: str = "1", rows: Sequence[tuple] | None = None) -> Sentence:
    """One of the sentences above (or ``rows`` of the same kind) with character spans."""
    words, at = [], 0
    for index, (word, upos, head, relation) in enumerate(rows or TREES[text]):
        start = text.index(word, at)
        at = start + len(word)
        deps = () if head < 0 else ((head, relation),)
        words.append(Word(word, start, at, index, word, upos, head=head, relation=relation, deps=deps))
    return Sentence(name, text, tuple(words), parser="by hand")


def heat_maps(tree: Sentence, *, seed: int = 0, picture: bool = True) -> HeatMaps:
    """A blob a word: wide for verbs, narrow for function words; the picture shows the nouns' blobs in colour."""
    rng = np.random.default_rng([seed, *tree.text.encode(), *tree.id.encode()])
    rows, columns = np.mgrid[: GRID[0], : GRID[1]]
    maps = []
    for word in tree.words:
        width = {"VERB": 4.0, "NOUN": 2.2, "ADJ": 2.8}.get(word.upos, 1.5)
        y, x = rng.uniform(1, GRID[0] - 1), rng.uniform(1, GRID[1] - 1)
        maps.append(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2)) * rng.uniform(0.01, 0.05))
    sums = np.array(maps, dtype=np.float32)
    image = None
    if picture:
        colour = np.tensordot(sums / sums.max(), rng.uniform(0, 255, (len(maps), 3)), axes=(0, 0))
        image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).resize((96, 64))
    part = Part("total", GRID, sums, 1)
    return HeatMaps(
        tree.text, tree.words, (part,), GRID, 20, image=image, caption_id=tree.id, noise_id=tree.id, seed=seed
    )


def pair_rows(maps: HeatMaps, tree: Sentence, rules: Sequence[str] = RULES) -> pd.DataFrame:
    """The measured table of one image, every pair worked one by one."""
    rows = []
    edges = {(w.head, w.index): w.relation for w in tree.words if w.head is not None and w.head >= 0}
    others = [(i, j) for j in range(len(tree.words)) for i in range(j) if (i, j) not in edges and (j, i) not in edges]
    for number, (head, dependent) in enumerate([*edges, *others]):
        relation = edges.get((head, dependent), "unrelated")
        for rule in rules:
            area = MaskRule.parse(rule).apply(maps.array, steps=maps.steps)
            a, b = area[dependent], area[head]
            both, union = np.minimum(a, b).sum(), np.maximum(a, b).sum()
            divide = lambda x, y: float(x / y) if y > 0 else np.nan  # noqa: E731
            h, d = tree.words[head], tree.words[dependent]
            rows.append(
                {
                    "caption_id": tree.id,
                    "noise_id": maps.noise_id,
                    "seed": maps.seed,
                    "pair": number,
                    "kind": "unrelated" if relation == "unrelated" else "related",
                    "edge": "" if relation == "unrelated" else "basic",
                    "relation": relation,
                    "head": h.text,
                    "dependent": d.text,
                    "head_position": head,
                    "dependent_position": dependent,
                    "head_lemma": h.lemma,
                    "dependent_lemma": d.lemma,
                    "head_upos": h.upos,
                    "dependent_upos": d.upos,
                    "head_tokens": 1,
                    "dependent_tokens": 1,
                    "distance": abs(head - dependent),
                    "head_first": head < dependent,
                    "cosine": 0.5,
                    "mask": rule,
                    "head_area": b.mean(),
                    "dependent_area": a.mean(),
                    "intersection": both / a.size,
                    "iou": divide(both, union),
                    "iod": divide(both, a.sum()),
                    "ioh": divide(both, b.sum()),
                }
            )
    return pd.DataFrame(rows)


def relations(pairs: pd.DataFrame) -> pd.DataFrame:
    """Means a relation and rule with a made-up interval of 4 points each side."""
    groups = {"unrelated": pairs[pairs.kind == "unrelated"], "all head-dependent": pairs[pairs.kind == "related"]}
    related = pairs[pairs.kind == "related"]
    order = related.groupby("relation").size().sort_values(ascending=False, kind="stable").index
    groups |= {name: related[related.relation == name] for name in order}
    rows = []
    for name, group in groups.items():
        for mask, rule in group.groupby("mask", sort=False):
            row = {
                "relation": name,
                "mask": mask,
                "n_pairs": len(rule.drop_duplicates(["caption_id", "pair"])),
                "n_prompts": rule.caption_id.nunique(),
                "n_images": len(rule.drop_duplicates(["caption_id", "seed"])),
            }
            means = {"mIoU": rule.iou, "mIoD": rule.iod, "mIoH": rule.ioh, "difference": rule.iod - rule.ioh}
            for measure, values in means.items():
                mean = 100 * values.mean()
                row |= {measure: mean, f"{measure}_low": mean - 4, f"{measure}_high": mean + 4}
            rows.append(row)
    return pd.DataFrame(rows)


def study(copies: int = 3, seeds: Sequence[int] = (0, 1)) -> tuple[list[Sentence], list[HeatMaps], pd.DataFrame]:
    """Sentences, maps and pairs of a small study."""
    sentences = [sentence(text, name=f"{k}-{i}") for k in range(copies) for i, text in enumerate(TREES)]
    maps = [heat_maps(s, seed=seed) for s in sentences for seed in seeds]
    by_id = {s.id: s for s in sentences}
    return sentences, maps, pd.concat([pair_rows(m, by_id[m.caption_id]) for m in maps], ignore_index=True)
