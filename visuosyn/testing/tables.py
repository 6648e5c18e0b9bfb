"""Tables made by hand, with the columns that the stages give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def pair_rows(overlaps: Mapping[str, Sequence[tuple[float, float]]], **facts: Any) -> pd.DataFrame:
    """A pair table made by hand, with all its columns: for each relation one pair in each of the captions "0", "1" ...

    A pair is given by its IoD and IoH, above 0 and at most 1. The areas follow, where the larger one is half of the
    grid, and so does IoU. ``facts`` are columns with one value, such as ``seed``, ``mask`` or ``kind``.

    >>> table = pair_rows({"amod": [(1.0, 0.5), (0.5, 0.5)]})
    >>> table[["caption_id", "relation", "iou", "iod", "ioh", "dependent_area", "head_area"]].round(3).values.tolist()
    [['0', 'amod', 0.5, 1.0, 0.5, 0.25, 0.5], ['1', 'amod', 0.333, 0.5, 0.5, 0.5, 0.5]]
    """
    import pandas as pd

    from visuosyn.measure.pair_table import DTYPES

    rows = []
    for pair, (relation, values) in enumerate(overlaps.items()):
        for caption, (iod, ioh) in enumerate(values):
            shared = min(iod, ioh) / 2
            areas = {"head_area": shared / ioh, "dependent_area": shared / iod, "intersection": shared}
            names = {"caption_id": str(caption), "noise_id": str(caption), "relation": relation, "pair": pair}
            places = {"head_position": 2 * pair + 1, "dependent_position": 2 * pair}
            rows.append(names | places | areas | {"iou": 1 / (1 / iod + 1 / ioh - 1), "iod": iod, "ioh": ioh})
    table = pd.DataFrame(rows).assign(seed=0, distance=1, head_first=False, cosine=float("nan"), mask="relative:0.4")
    table = table.assign(kind=table["relation"].where(table["relation"] == "unrelated", "related"))
    table = table.assign(edge=table["kind"].map({"related": "basic"}).fillna(""))
    for role, depth in (("head", 0), ("dependent", 1)):
        words = {role: role, f"{role}_lemma": role, f"{role}_upos": "NOUN"}
        table = table.assign(**words, **{f"{role}_tokens": 1, f"{role}_depth": depth})
    return table.assign(**facts)[list(DTYPES)].astype(DTYPES)


def relation_rows(
    differences: Mapping[str, float], *, masks: Sequence[str] = ("relative:0.4",), prompts: int = 50
) -> pd.DataFrame:
    """A relation table made by hand: a row for each relation and mask rule, from the differences mIoD - mIoH.

    In percentage points: mIoU 40, mIoH 50, mIoD 50 + the difference, intervals of 2 points to each side; two pairs a
    prompt.

    >>> relation_rows({"obj": 25.0})[["relation", "n_pairs", "mIoD", "mIoH", "difference_low"]].values.tolist()
    [['obj', 100, 75.0, 50.0, 23.0]]
    """
    import pandas as pd

    rows = []
    for mask in masks:
        for relation, difference in differences.items():
            row: dict[str, Any] = {"relation": relation, "mask": mask}
            row |= {"n_pairs": 2 * prompts, "n_prompts": prompts, "n_images": prompts}
            means = {"mIoU": 40.0, "mIoD": 50.0 + difference, "mIoH": 50.0, "difference": difference}
            for name, value in means.items():
                row |= {name: value, f"{name}_low": value - 2, f"{name}_high": value + 2}
            rows.append(row)
    return pd.DataFrame(rows)
