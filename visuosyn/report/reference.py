"""The published figures that a relation table is set beside: Table 2 of Tang et al. (2023)."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

MEASURES = ("mIoU", "mIoD", "mIoH", "difference")

NOTE = (
    "The paper's figures are those of Table 2 of Tang et al. (2023): Stable Diffusion 2.0 base, 1,000 COCO captions, "
    "30 steps, CoreNLP's enhanced dependencies, one image a caption, no intervals. Its mask rule for this table is not "
    "stated. Another model, corpus, parser or mask rule gives other figures, so a difference from the paper is a "
    "difference between set-ups, not a failed replication. A relation that the paper does not list, or that the scheme "
    "of this run divides otherwise, is marked “–”."
)


def paper_table(scheme: str = "ud") -> pd.DataFrame:
    """Table 2 in our labels: one row a relation of ``scheme`` ("ud" or "clear"), in percentage points.

    Columns ``relation, paper_label, paper_mIoU, paper_mIoD, paper_mIoH, paper_difference, source``; the difference is
    mIoD - mIoH. Labels that the scheme divides otherwise (the paper's enhanced ``conj:and`` under ClearNLP's ``conj``)
    have no row, rather than a near one.

    >>> paper_table().set_index("relation").loc["nsubj", "paper_difference"].item()
    12.5
    """
    with files("visuosyn.report").joinpath("reference/daam_table2.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    table = table.rename(columns={m: f"paper_{m}" for m in MEASURES} | {scheme: "relation"})
    table["paper_difference"] = (table["paper_mIoD"] - table["paper_mIoH"]).round(1)
    columns = ["relation", "paper_label", *(f"paper_{m}" for m in MEASURES), "source"]
    return table.loc[table["relation"].notna(), columns].reset_index(drop=True)


def beside_paper(relations: pd.DataFrame, *, scheme: str = "ud") -> pd.DataFrame:
    """A relation table with the paper's figures (``paper_*``) and ours minus theirs (``minus_paper_*``) joined.

    Rows and their order stay as they are; relations that the paper does not have are missing (NaN) there.
    """
    paper = paper_table(scheme).drop(columns=["paper_label", "source"])
    joined = relations.merge(paper, on="relation", how="left", validate="many_to_one")
    for measure in MEASURES:
        joined[f"minus_paper_{measure}"] = joined[measure] - joined[f"paper_{measure}"]
    return joined
