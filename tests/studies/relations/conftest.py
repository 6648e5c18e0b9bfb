"""Small pair tables to compute statistics of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def small_pairs():
    """3 prompts, 2 relations and unrelated pairs, 2 seeds, 2 mask rules; some measures missing."""
    random = np.random.default_rng(5)
    rows = []
    pairs = {"a": ["det", "amod", "det", "unrelated"], "b": ["det", "unrelated"], "c": ["amod", "det"]}
    for caption, relations in pairs.items():
        for seed in (0, 1):
            for number, relation in enumerate(relations):
                for mask in ("soft", "relative:0.4"):
                    kind = "unrelated" if relation == "unrelated" else "related"
                    iod, ioh = random.random(2)
                    rows.append((caption, seed, number, kind, relation, mask, min(iod, ioh) / 2, iod, ioh))
    table = pd.DataFrame(rows, columns=["caption_id", "seed", "pair", "kind", "relation", "mask", "iou", "iod", "ioh"])
    table.loc[[0, 5], "iod"] = np.nan
    return table
