"""All tables of a study: their names, and what is missing where there is nothing to compare with."""

from __future__ import annotations

import numpy as np

from visuosyn.studies.relations.statistics.controls import control_table, matched_controls
from visuosyn.studies.relations.statistics.simulate import simulate_controls, simulate_pairs
from visuosyn.studies.relations.statistics.tables import study_tables


def test_names_and_contents():
    random = np.random.default_rng(0)
    pairs = simulate_pairs(25, random).assign(head_area=0.3, dependent_area=0.2)
    controls = {"another image": simulate_controls(pairs, random)}
    tables = study_tables(pairs, controls=controls, draws=50)
    assert list(tables) == ["relations", "differences", "verdicts", "contrasts", "contrast_verdicts"]
    contrasts = tables["contrasts"]
    assert list(dict.fromkeys(contrasts["control"])) == ["random areas", "matched unrelated pairs", "another image"]
    matched = contrasts[contrasts["control"] == "matched unrelated pairs"].drop(columns="control")
    assert matched.reset_index(drop=True).equals(control_table(pairs, matched_controls(pairs), draws=50))
    assert set(tables["contrast_verdicts"]["control"]) == set(contrasts["control"])


def test_a_control_without_an_answer_has_no_rows():
    pairs = simulate_pairs(10, np.random.default_rng(0)).assign(head_area=0.3, dependent_area=0.2, mask="soft")
    assert list(study_tables(pairs[pairs["kind"] == "related"], draws=20)) == ["relations", "differences", "verdicts"]
