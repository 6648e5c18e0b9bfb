"""How well judges agree: Cohen's kappa for two, Krippendorff's alpha for any number with gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from visuosyn.errors import UserError


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two judges beyond chance (Cohen 1960): (observed - expected) / (1 - expected), -1 to 1.

    ``first`` and ``second`` are what they said of the same things, any labels, shape (thing,). NaN where both say the
    same one label throughout: then chance explains everything. How to read: 1 perfect, 0 no better than
    chance. Caveat: with a rare label kappa is low even where judges rarely differ; look at the raw agreement too.

    >>> round(cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0]), 2)
    0.5
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise UserError(f"two judges need labels of the same things, not of {a.shape} and {b.shape}")
    labels = np.unique(np.concatenate([a, b]))
    shares = np.array([[np.mean(one == label) for label in labels] for one in (a, b)])
    expected = float(np.prod(shares, axis=0).sum())
    return float("nan") if expected == 1 else float((np.mean(a == b) - expected) / (1 - expected))


def krippendorff_alpha(ratings: ArrayLike) -> float:
    """Agreement of any number of judges, nominal: 1 - observed / expected disagreement (Krippendorff 2011).

    ``ratings``: float (judge, thing), labels as numbers, NaN where a judge did not rate a thing. Things with fewer than
    two ratings do not count. NaN where there is only one label or nothing rated twice. How to read: 1 perfect, 0 as by
    chance; Krippendorff asks for .8, and .667 for tentative conclusions.

    >>> round(krippendorff_alpha([[1, 1, 0, 0], [1, 0, 0, 0]]), 3)
    0.533
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise UserError(f"ratings are a table (judge, thing), not an array of shape {table.shape}")
    labels = np.unique(table[np.isfinite(table)])
    counts = np.stack([(table == label).sum(axis=0) for label in labels]) if len(labels) else np.zeros((0, 0))
    counts = counts[:, counts.sum(axis=0) >= 2].astype(np.float64)
    rated = counts.sum(axis=0)
    total, each = rated.sum(), counts.sum(axis=1)
    expected = total**2 - (each**2).sum()
    if not expected:
        return float("nan")
    observed = ((rated**2 - (counts**2).sum(axis=0)) / (rated - 1)).sum()
    return float(1 - (total - 1) * observed / expected)


def agreement_table(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Agreement of every two judges, and of all: columns judges, n, agreement, kappa, alpha.

    ``verdicts``: one row a verdict, columns judge, image, noun, present. ``agreement`` is the share of things of which
    all say the same, 0 to 1; ``kappa`` and ``alpha`` are those of ``cohen_kappa`` and ``krippendorff_alpha``. ``n``
    counts what both (for all: at least two) judged. Raises UserError for fewer than two judges, or a judge who judged
    the same thing twice.

    >>> import pandas as pd
    >>> said = {"anna": [1, 1, 0, 0], "ben": [1, 0, 0, 0]}
    >>> rows = [(judge, image, "cat", yes) for judge, answers in said.items() for image, yes in enumerate(answers)]
    >>> agreement_table(pd.DataFrame(rows, columns=["judge", "image", "noun", "present"])).round(3)
          judges  n  agreement  kappa  alpha
    0  anna, ben  4       0.75    0.5  0.533
    """
    if verdicts.duplicated(["judge", "image", "noun"]).any():
        raise UserError("a judge has two verdicts on the same picture and noun: keep one")
    wide = verdicts.astype({"present": float}).pivot(index="judge", columns=["image", "noun"], values="present")
    judges = list(wide.index)
    if len(judges) < 2:
        raise UserError(f"agreement needs two judges, there is {', '.join(judges) or 'none'}")
    values = wide.to_numpy()
    pairs = [(a, b) for a in range(len(judges)) for b in range(a + 1, len(judges))]
    rows = [_row([judges[a], judges[b]], values[[a, b]]) for a, b in pairs]
    if len(judges) > 2:
        rows.append(_row(judges, values))
    return pd.DataFrame(rows)


def _row(judges: Sequence[str], values: NDArray[np.float64]) -> dict[str, object]:
    both = values[:, np.isfinite(values).all(axis=0)]
    two = len(judges) == 2 and both.shape[1] > 0
    return {
        "judges": ", ".join(judges),
        "n": int((np.isfinite(values).sum(axis=0) >= 2).sum()),
        "agreement": float((both == both[0]).all(axis=0).mean()) if both.shape[1] else float("nan"),
        "kappa": cohen_kappa(both[0], both[1]) if two else float("nan"),
        "alpha": krippendorff_alpha(values),
    }
