"""What the reports on pairs and adjectives say where something could not be estimated."""

import numpy as np
import pandas as pd

from visuosyn.studies.adjectives.measure import COLUMNS
from visuosyn.studies.adjectives.prose import findings
from visuosyn.studies.adjectives.statistics import adjective_tables
from visuosyn.studies.cohyponyms.page import outcomes_latex


def test_a_difference_without_an_interval_in_latex():
    row = {"outcome": "both", "cohyponyms": 50.0, "others": 60.0, "difference": -10.0, "p_holm": 0.04}
    table = pd.DataFrame([row | {"difference_low": low, "difference_high": -low - 20} for low in (-15.0, np.nan)])
    lines = [line for line in outcomes_latex(table, model="m").splitlines() if line.startswith("both")]
    assert lines[0].endswith(r"50.0 & 60.0 & $-10.0$ & [$-15.0$, $-5.0$] & 0.040 \\")
    assert lines[1].endswith(r"$-10.0$ & -- & 0.040 \\")


def test_leakage_of_empty_areas_alone_is_no_finding():
    rows = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    rows["colours"]["own"] = rows["colours"]["own"].astype(bool)
    one = dict.fromkeys(COLUMNS["leakage"], 0.2) | {"template": "t01", "cluster": "t01 red", "caption_id": "t01-red"}
    one |= {"role": "adjective", "adjective": "red", "noun": "ball", "mask": "soft", "leakage": np.nan}
    rows["leakage"] = pd.DataFrame([one])
    assert findings(adjective_tables(rows, draws=50), "soft") == [
        "Nothing could be measured; the list of what was dropped says why."
    ]
