"""In how many analyses of the same question does a finding hold?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.data.masks import MaskRule
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE

OVERLAP = "mIoU - unrelated"
TEN_POINTS = 10.0  # Tang et al. 2023 call a relation dominated where mIoD - mIoH is above this
COLUMNS = (
    *("relation", "measure", "finding", "holds_in", "reversed_in", "of", "share", "ten_points_in"),
    *("lowest", "median", "highest", "n", "few", "verdict"),
)
# A measure's findings, each with its sentence: the interval lies above 0, below 0, or includes it.
AREAS = {
    "head": "the head's area contains more of the dependent's than the reverse",
    "dependent": "the dependent's area contains more of the head's than the reverse",
    "none": "no direction can be told",
}
READINGS = {
    DIFFERENCE: AREAS,
    OVERLAP: {
        "more": "the pairs overlap more than unrelated ones",
        "less": "the pairs overlap less than unrelated ones",
        "none": "the pairs' overlap cannot be told apart from that of unrelated ones",
    },
    "mIoU": {
        "more": "the pairs overlap more than the control",
        "less": "the pairs overlap less than the control",
        "none": "the pairs' overlap cannot be told apart from the control's",
    },
}


def verdict_table(analyses: pd.DataFrame) -> pd.DataFrame:
    """Count analyses: one row for each relation and measure.

    ``analyses`` holds one row for each relation, measure and analysis, with ``mask``, ``estimate``, ``low``, ``high``,
    ``n`` and ``few``: a ``difference_table``, a ``control_table`` or a ``multiverse_table``; measures without readings
    are left out. An analysis *holds* for a finding when the interval excludes 0 on its side. Columns: relation,
    measure; ``finding``: head or dependent (more or less), the side that more analyses hold for, none (no interval
    excludes 0) or mixed (as many either way); ``holds_in``; ``reversed_in`` (the interval excludes 0 on the other
    side); ``of``; ``share`` = holds_in / of; ``ten_points_in`` (holds and is over 10 points, the paper's rule for
    dominance); ``lowest``, ``median`` and ``highest`` estimate; ``n`` (prompts, the most of any analysis); ``few`` (in
    every analysis); and a sentence, ``verdict``, which begins with "not robust" where less than half hold.

    For mIoD - mIoH rules of kind ``area`` are left out: equal areas make the difference 0 by construction. Caveat:
    analyses of one set of images are not independent; k of n is no probability.

    >>> import pandas as pd
    >>> from visuosyn.studies.relations.statistics.dominance import difference_table
    >>> from visuosyn.testing import pair_rows
    >>> inside, level = [(0.9, 0.5), (0.8, 0.5)], [(0.4, 0.5), (0.5, 0.4)]
    >>> values = {"relative:0.2": inside, "relative:0.4": inside, "relative:0.6": level}
    >>> pairs = pd.concat([pair_rows({"amod": overlaps}, mask=mask) for mask, overlaps in values.items()])
    >>> verdict_table(difference_table(pairs))["verdict"][1]
    "the head's area contains more of the dependent's than the reverse in 2 of 3 analyses; few prompts"
    """
    equal = np.array([MaskRule.parse(name).kind == "area" for name in analyses["mask"]], dtype=bool)
    tied = equal & (analyses["measure"] == DIFFERENCE).to_numpy()
    usable = analyses[~tied & analyses["low"].notna() & analyses["measure"].isin(READINGS)]
    groups = usable.groupby(["measure", "relation"], sort=False)
    rows = [_verdict(str(measure), str(relation), some) for (measure, relation), some in groups]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _verdict(measure: str, relation: str, rows: pd.DataFrame) -> tuple[object, ...]:
    readings = READINGS[measure]
    above, below, neither = readings
    sides = {above: rows["low"] > 0, below: rows["high"] < 0}
    sides[neither] = sides["mixed"] = ~(sides[above] | sides[below])
    up, down = int(sides[above].sum()), int(sides[below].sum())
    finding = above if up > down else below if down > up else "mixed" if up else neither
    reversed_in, of, held = min(up, down), len(rows), int(sides[finding].sum())
    ten = int((sides[finding] & (rows["estimate"].abs() > TEN_POINTS)).sum())
    few = bool(rows["few"].all())
    sentence = "not robust: " if held < of / 2 else ""
    if finding == "mixed":
        sentence += f"the sign turns with the analysis; it stays open, with no sign in {held} of {of} analyses"
    else:
        sentence += f"{readings[finding]} in {held} of {of} analyses"
    sentence += f" (reversed in {reversed_in})" if reversed_in else ""
    sentence += "; few prompts" if few else ""
    ends = (float(rows["estimate"].min()), float(rows["estimate"].median()), float(rows["estimate"].max()))
    counts = (held, reversed_in, of, held / of, ten)
    return (relation, measure, finding, *counts, *ends, int(rows["n"].max()), few, sentence)
