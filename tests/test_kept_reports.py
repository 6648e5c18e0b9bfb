"""The reports that the repository keeps: made with the weights that it ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from visuosyn.microworld import MODEL_DIR
from visuosyn.tracing import load_pipeline, model_facts

ROOT = Path(__file__).parents[1]
RUNS = sorted((ROOT / "reports").glob("*/run.json"))


def test_there_are_reports_of_each_kind() -> None:
    assert {path.parent.name for path in RUNS} >= {"relations", "cohyponyms", "adjectives"}


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.parent.name)
def test_kept_reports_are_of_the_bundled_weights(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert facts["model"] == "micro"
    assert facts["model_revision"] == model_facts(load_pipeline("micro"))["revision"]


def test_the_card_has_the_scores_of_the_bundled_weights() -> None:
    known = json.loads((MODEL_DIR / "evaluation.json").read_text(encoding="utf-8"))
    for name in ("named by silhouette: one thing", "attention, object: IoU at 0.4 of the maximum: all layers"):
        assert name in known
