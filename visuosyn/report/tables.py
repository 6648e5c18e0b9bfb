"""Tables as files, and counts of what was dropped."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from visuosyn.run import write_text


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    r"""CSV in UTF-8 with Unix line ends and at most six decimals, so that equal tables are equal bytes.

    Gives the path.

    >>> write_csv(pd.DataFrame({"share": [1 / 3]}), Path("shares.csv")).read_text()
    'share\n0.333333\n'
    """
    write_text(path, table.round(6).to_csv(index=False, lineterminator="\n"))
    return path


def first_mask(table: pd.DataFrame, *, wanted: str = "relative:0.4") -> str:
    """The mask rule to show first: the paper's best threshold on objects where it was measured, else the first.

    >>> first_mask(pd.DataFrame({"mask": ["soft", "area:0.1"]}))
    'soft'
    """
    masks = list(dict.fromkeys(table["mask"]))
    return wanted if wanted in masks or not masks else masks[0]


def dropped_summary(dropped: pd.DataFrame) -> pd.DataFrame:
    """What was dropped, counted: ``what, reason, n, n_captions, example``, the largest first.

    ``reason`` is the reason with its quoted words taken out, so that "'cat' is past token 77" and "'dog' is past
    token 77" count as one; ``example`` is the text of the first of them.

    >>> rows = {"what": "word", "caption_id": ["1", "2"], "text": ["cat", "dog"]}
    >>> dropped = pd.DataFrame(rows | {"reason": ["'cat' is past token 77", "'dog' is past token 77"]})
    >>> dropped_summary(dropped).values.tolist()
    [['word', '‘…’ is past token 77', 2, 2, 'cat']]
    """
    if dropped.empty:
        return pd.DataFrame(columns=["what", "reason", "n", "n_captions", "example"])
    kinds = dropped.assign(reason=dropped["reason"].map(reason_kind))
    counted = kinds.groupby(["what", "reason"], as_index=False, sort=True).agg(
        n=("text", "size"), n_captions=("caption_id", "nunique"), example=("text", "first")
    )
    return counted.sort_values(["n", "what", "reason"], ascending=[False, True, True]).reset_index(drop=True)


def reason_kind(reason: str) -> str:
    """The kind of a reason: quoted words become "…".

    >>> reason_kind("word 'skateboard' lies past the encoder's limit")
    "word ‘…’ lies past the encoder's limit"
    """
    return re.sub(r"""(?<!\w)'[^']*'(?!\w)|"[^"]*\"""", "‘…’", reason)
