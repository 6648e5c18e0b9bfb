"""A study made by hand: sentences with trees, soft blobs for maps, the measured table, all from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from visuosyn.corpus import conllu
from visuosyn.data import AttentionSlice, Dropped, HeatMaps, Sentence, Word
from visuosyn.measure.controls import other_image_controls
from visuosyn.measure.multiverse import multiverse_sums
from visuosyn.measure.pair_table import pair_table
from visuosyn.parse import word_pairs
from visuosyn.run import Measurement, RunFacts, RunFolder, write_shard
from visuosyn.run.folder import dropped_table
from visuosyn.studies.relations.page import write_page
from visuosyn.studies.relations.statistics.compute import compute_statistics

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
LAYERS = (
    "down_blocks.1.attentions.0.transformer_blocks.0.attn2",
    "up_blocks.1.attentions.2.transformer_blocks.0.attn2",
)


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
    total = AttentionSlice("total", GRID, sums, 1)
    return HeatMaps(
        tree.text,
        tree.words,
        (total,),
        GRID,
        20,
        image=image,
        caption_id=tree.id,
        noise_id=tree.id,
        seed=seed,
        extra={"positions": tuple(range(len(tree.words)))},
    )


def wandering(one: HeatMaps) -> HeatMaps:
    """The picture traced in six steps and two layers: the maps wander to their place."""
    whole = one.slices[0].sums
    slices = tuple(
        AttentionSlice(stage, one.grid, np.roll(whole, 6 - step, axis=2), 1, phase=step // 2, step=step, layer=name)
        for step in range(6)
        for stage, name in zip(("down", "up"), LAYERS, strict=True)
    )
    return replace(one, slices=slices)


def pair_rows(maps: HeatMaps, tree: Sentence, rules: Sequence[str] = RULES) -> pd.DataFrame:
    """The measured table of one image."""
    return pair_table(maps, tree, word_pairs(tree), rules)


def study(copies: int = 3, seeds: Sequence[int] = (0, 1)) -> tuple[list[Sentence], list[HeatMaps], pd.DataFrame]:
    """Sentences, maps and pairs of a small study."""
    sentences = [sentence(text, name=f"{k}-{i}") for k in range(copies) for i, text in enumerate(TREES)]
    maps = [heat_maps(s, seed=seed) for s in sentences for seed in seeds]
    by_id = {s.id: s for s in sentences}
    return sentences, maps, pd.concat([pair_rows(m, by_id[m.caption_id]) for m in maps], ignore_index=True)


def write_run(
    folder: Path,
    sentences: Sequence[Sentence],
    maps: Sequence[HeatMaps],
    pairs: pd.DataFrame,
    *,
    dropped: Sequence[Dropped] = (),
    vocabulary: Sequence[tuple[str, int]] | None = (("balloon", 6), ("walking", 6)),
) -> Path:
    """A run folder with these contents, measured but without controls and multiverse."""
    words = sum(len(s.words) for s in sentences)
    RunFacts(
        corpus="captions.conllu",
        corpus_sha256="0" * 64,
        corpus_format="conllu",
        captions=len(sentences),
        parser="by hand",
        parser_version="",
        scheme="ud",
        model="blobs",
        family="unet",
        dtype="float32",
        scheduler="DDIMScheduler",
        steps=20,
        guidance=3.0,
        width=96,
        height=64,
        seeds=tuple(dict.fromkeys(m.seed or 0 for m in maps)),
        noise="caption",
        batch_size=len(maps) * len(sentences),  # one part holds all
        storage="total",
        software={"numpy": "2.0"},
    ).save(folder)
    Measurement(masks=RULES).save(folder)
    RunFolder(folder).note(words=words)
    (folder / "parses.conllu").write_text(conllu.write(sentences), encoding="utf-8")
    write_shard(folder / "traces" / "00000.parquet", maps)
    rows = {
        "pairs": pairs,
        "controls": other_image_controls([], sentences[0], [], RULES).assign(control=""),
        "multiverse": multiverse_sums([]),
    }
    RunFolder(folder).artifact("measured").write(
        {f"measured/{name}/00000.parquet": table for name, table in rows.items()}, "made by hand"
    )
    dropped_table(dropped).to_csv(folder / "dropped.csv", index=False)
    if vocabulary is not None:
        (folder / "tables").mkdir()
        pd.DataFrame(vocabulary, columns=["word", "n"]).to_csv(folder / "tables" / "vocabulary.csv", index=False)
    return folder


def write_report(folder: Path) -> Path:
    """The page of a measured run folder."""
    run = RunFolder.open(folder)
    return write_page(run, compute_statistics(run))
