"""The figures of a scoring, put into a model's ``evaluation.json`` and card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from visuosyn.microworld.scoring.card import model_card
from visuosyn.microworld.scoring.prompts import RELATIONS
from visuosyn.microworld.scoring.score import COSTS, HELD_OUT
from visuosyn.microworld.scoring.truth import EVERY_LAYER
from visuosyn.run.files import write_text

ON_CARD = frozenset(
    {"one thing", "one thing with a colour", "one thing with a size or pattern", "held-out size or pattern",
     "trained size or pattern", "two things", "held out", "trained", "numbers", "one", "two", "three", "relations",
     *RELATIONS, "segmenter", "silhouette"}
)  # fmt: skip


def write_card(model: Path, figures: pd.DataFrame) -> Path:
    """Put the figures into a model's ``evaluation.json``, beside what stands there, and into its card; gives the card.

    The card has the groups that sum up, none of single nouns, colours or grounds; intervals of 95% stand behind values.
    Figures of an earlier scoring (their names have a group behind a colon) go.
    """
    path, training = model / "evaluation.json", model / "training.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    known = {name: value for name, value in known.items() if ": " not in name}
    attended = figures.measure.str.startswith("attention") & figures.group.isin([EVERY_LAYER, HELD_OUT])
    drawn = ~figures.measure.str.startswith("attention") & figures.group.isin(ON_CARD)
    shown = figures[attended | drawn | figures.measure.isin(COSTS)]
    known |= {f"{row.measure}: {row.group}": figure_text(row) for row in shown.itertuples()}
    write_text(path, json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    write_text(model / "README.md", model_card(json.loads(training.read_text(encoding="utf-8")), known))
    return model / "README.md"


def figure_text(row: Any) -> str:
    """A figure as the card shows it: the value and, where there is one, its interval of 95% with ``n``.

    >>> from types import SimpleNamespace
    >>> figure_text(SimpleNamespace(value=0.8, low=0.49, high=0.943, n=10))
    '0.800 (0.490 to 0.943, n = 10)'
    """
    interval = "" if np.isnan(row.low) else f" ({row.low:.3f} to {row.high:.3f}, n = {row.n})"
    return f"{row.value:.3f}{interval}"
