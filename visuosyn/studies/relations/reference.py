"""The published figures that a relation table is set beside: Table 2 of Tang et al. (2023), and their notebook's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from visuosyn.data.masks import MaskRule
from visuosyn.stats.corrections import FEW

MEANS = ("mIoU", "mIoD", "mIoH", "difference")  # of a relation table; each with its ends ``_low`` and ``_high``

NOTE = (
    "The paper's figures are those of Table 2 of Tang et al. (2023): Stable Diffusion 2.0 base, 1,000 COCO captions, "
    "30 steps, CoreNLP's enhanced dependencies, one image a caption, no intervals. Its mask rule for this table is not "
    "stated. Another model, corpus, parser or mask rule gives other figures, so a difference from the paper is a "
    "difference between set-ups, not a failed replication. A relation that the paper does not list, or that the scheme "
    "of this run divides otherwise, is marked “–”."
)


NOTEBOOK_NOTE = (
    "The notebook's figures are the printed result of the authors' published code (castorini/daam 0.2.0, notebook on "
    "syntax): Stable Diffusion 2.1 base, 1,500 COCO captions (1,488 pictures, one a caption, seed = image id), 30 "
    "steps, maps summed over the steps and cut at .15, CoreNLP's enhanced dependencies of the first sentence. There "
    "words are looked up by their spelling, all occurrences averaged, and an empty area counts as an overlap of 0; "
    "here words are found by their place, and an empty area is missing. The notebook turns the direction of all five "
    "dominant relations of Table 2 around."
)


@dataclass(frozen=True)
class Published:
    """A set of published figures: the source, the file, the kinds of mask rule they can be compared with, the rule that
    comes closest, and what a reader must know."""

    title: str
    file: str
    kinds: tuple[str, ...]
    rule: str
    note: str


PUBLISHED = {
    "paper": Published("Table 2 of Tang et al. (2023)", "daam_table2.csv", ("relative",), "relative:0.4", NOTE),
    "notebook": Published(
        "the authors’ notebook", "daam_notebook.csv", ("summed", "absolute"), "summed:0.15", NOTEBOOK_NOTE
    ),
}


def paper_table(scheme: str = "ud", *, source: str = "paper") -> pd.DataFrame:
    """Published figures under our labels: one row per relation of ``scheme`` ("ud" or "clear"), in percentage points.

    ``source`` is "paper" (Table 2) or "notebook". Columns ``relation, paper_label, paper_mIoU, paper_mIoD, paper_mIoH,
    paper_difference, source``; the difference is mIoD - mIoH. Labels that the scheme draws differently (the paper's
    enhanced ``conj:and`` under ClearNLP's ``conj``) have no row, rather than a near one.

    >>> paper_table().set_index("relation").loc["nsubj", "paper_difference"].item()
    12.5
    >>> paper_table(source="notebook").set_index("relation").loc["nsubj", "paper_difference"].item()
    -12.0
    """
    table = pd.read_csv(Path(__file__).parent / "reference" / PUBLISHED[source].file)
    table = table.rename(columns={m: f"paper_{m}" for m in MEANS} | {scheme: "relation"})
    table["paper_difference"] = (table["paper_mIoD"] - table["paper_mIoH"]).round(2)
    columns = ["relation", "paper_label", *(f"paper_{m}" for m in MEANS), "source"]
    return table.loc[table["relation"].notna(), columns].reset_index(drop=True)


def beside_paper(relations: pd.DataFrame, *, scheme: str = "ud", source: str = "paper") -> pd.DataFrame:
    """A relation table with published figures (``paper_*``) and ours minus theirs (``minus_paper_*``) joined.

    Rows and their order stay as they are; relations that were not published are missing (NaN) there. A table that has
    such figures already gets them again.
    """
    relations = relations.drop(columns=[name for name in relations if str(name).startswith(("paper_", "minus_paper_"))])
    paper = paper_table(scheme, source=source).drop(columns=["paper_label", "source"])
    joined = relations.merge(paper, on="relation", how="left", validate="many_to_one")
    for measure in MEANS:
        joined[f"minus_paper_{measure}"] = joined[measure] - joined[f"paper_{measure}"]
    return joined


def published_table(relations: pd.DataFrame, *, scheme: str = "ud") -> pd.DataFrame:
    """Only what was published, ours beside it: for each source the rows of the mask rule that comes closest to its own.

    The columns of ``beside_paper`` and ``few`` (under 20 prompts) after ``published`` ("paper" or "notebook"). A source
    whose kind of mask rule was not measured has no rows.
    """
    frames = []
    for name, published in PUBLISHED.items():
        masks = [m for m in dict.fromkeys(relations["mask"]) if MaskRule.parse(m).kind in published.kinds]
        if masks:
            chosen = published.rule if published.rule in masks else masks[0]
            rows = beside_paper(relations[relations["mask"] == chosen], scheme=scheme, source=name)
            rows = rows.assign(few=rows["n_prompts"] < FEW)
            rows.insert(0, "published", name)
            frames.append(rows[rows["paper_mIoU"].notna()])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"published": pd.Series(dtype="str")})
