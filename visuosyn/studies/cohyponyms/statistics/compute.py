"""All statistics of a measured cohyponym study, from its run folder."""

from __future__ import annotations

import pandas as pd

from visuosyn.run import RunFolder
from visuosyn.studies.cohyponyms.statistics.tables import cohyponym_tables


def compute_statistics(folder: RunFolder) -> dict[str, pd.DataFrame]:
    """The tables of ``cohyponym_tables`` by name, at full precision; nothing is written.

    They are those of the pairs of the design, the measured images and overlaps, and the trial of the judge.

    >>> from visuosyn.testing import tiny_run
    >>> list(compute_statistics(RunFolder(tiny_run("cohyponyms"))))[:3]
    ['outcomes', 'subsets', 'overlap']
    """
    images, overlaps, trial = (folder.rows(name) for name in ("images", "overlaps", "trial"))
    return cohyponym_tables(pd.read_csv(folder.path / "pairs.csv"), images, overlaps, trial)
