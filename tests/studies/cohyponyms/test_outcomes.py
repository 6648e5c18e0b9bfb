"""Outcomes of pictures of pairs, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from visuosyn.studies.cohyponyms.statistics.tables import outcomes_of

PAIRS = pd.DataFrame(
    {"pair": ["cat + dog"], "first_size": [100.0], "second_size": [200.0], "taught": [True], "strict": [True]}
)


def picture(id, template, kind, first, second, outcome, filled, big=""):
    there = {"both": (True, True), "one": (True, False), "none": (False, False)}[outcome]
    return {
        "caption_id": id, "seed": 0, "template": template, "kind": kind, "pair": "cat + dog" if kind else "",
        "first": first, "second": second, "turned": first == "dog", "big": big, "outcome": outcome,
        "first_present": there[0], "second_present": there[1], "first_filled": filled[0], "second_filled": filled[1],
        "blend": 0.0, "misplaced": 0.1, "swapped": 0.0, "cosine": 0.5,
    }  # fmt: skip


IMAGES = pd.DataFrame(
    [
        picture("1", "and", "cohyponyms", "cat", "dog", "both", (0.1, 0.1)),
        picture("2", "next to", "cohyponyms", "dog", "cat", "one", (0.1, 0.0)),
        # Alone a cat fills .1 and a dog .3: with .08 and .2 it is the cat that is relatively bigger.
        picture("3", "sizes", "cohyponyms", "cat", "dog", "both", (0.08, 0.2), big="first"),
        picture("4", "sizes", "cohyponyms", "dog", "cat", "both", (0.2, 0.08), big="first"),
        picture("5", "alone", "", "cat", "", "one", (0.1, np.nan)),
        picture("6", "photo", "", "cat", "", "one", (0.1, np.nan)),
        picture("7", "alone", "", "dog", "", "one", (0.3, np.nan)),
        picture("8", "photo", "", "dog", "", "none", (0.0, np.nan)),
    ]
)
OVERLAPS = pd.DataFrame(
    {"caption_id": list("1234"), "seed": 0, "mask": "soft", "iou": 0.2, "first_area": 0.1, "second_area": [0.2] * 4}
)


def test_outcomes_by_hand():
    rows = outcomes_of(PAIRS, IMAGES, OVERLAPS).set_index("caption_id")
    assert list(rows.index) == ["1", "2", "3", "4"]
    assert rows["both"].tolist() == [1, 0, 1, 1]
    assert rows["alone"].tolist() == [0.5] * 4  # a cat always, a dog every other time
    assert rows["excess"].tolist()[:2] == [0.5, -0.5] and rows["excess"].isna().tolist()[2:] == [True, True]
    assert rows["one"].tolist()[:2] == [0, 1] and rows["misplaced"].isna().tolist()[2:] == [True, True]
    assert rows["size_swapped"].tolist()[2:] == [0, 1] and rows["size_swapped"].isna().tolist()[:2] == [True, True]
    assert rows["next_to"].tolist() == [0, 1, 0, 0] and rows["taught"].tolist() == [1] * 4
    assert rows["size_ratio"].tolist() == pytest.approx([np.log(2)] * 4)
    assert rows["second_area"].tolist() == pytest.approx([np.log(0.2)] * 4)
