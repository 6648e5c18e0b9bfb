from __future__ import annotations

import json

import pytest

from visuosyn.errors import UserError
from visuosyn.run import RunFacts, RunFolder

FACTS = RunFacts(
    corpus="captions.txt", corpus_sha256="ab", corpus_format="text", captions=3, parser="en_core_web_sm",
    parser_version="3.8.0", scheme="ud", model="micro", family="unet", dtype="float32", scheduler="DDIMScheduler",
    steps=20, guidance=7.5, width=96, height=96, seeds=(0, 1), noise="caption", batch_size=8, storage="parts",
    masks=("relative:0.4", "soft"), software={"torch": "2.13.0", "numpy": "2.4.6"},
)  # fmt: skip


def test_round_trip(tmp_path):
    facts = FACTS.with_facts(counts={"words": 5}, host={"device": "cpu"})
    facts.save(tmp_path)
    assert RunFacts.load(tmp_path) == facts
    assert json.loads((tmp_path / "run.json").read_text())["format"] == 1


def test_differences_name_the_fields_and_each_library_apart():
    other = FACTS.with_facts(seeds=(0,), software={"torch": "2.6.0", "numpy": "2.4.6"})
    assert FACTS.differences(other) == {"seeds": ((0, 1), (0,)), "software torch": ("2.13.0", "2.6.0")}


def test_options_of_a_kind_of_study_are_facts_and_may_be_missing_in_older_files(tmp_path):
    asked = FACTS.with_facts(options={"study": "adjectives", "cross_share": 0.8})
    asked.save(tmp_path)
    assert RunFacts.load(tmp_path) == asked
    assert FACTS.differences(asked) == {"study": (None, "adjectives"), "cross_share": (None, 0.8)}
    values = json.loads((tmp_path / "run.json").read_text())
    del values["options"]
    (tmp_path / "run.json").write_text(json.dumps(values))
    assert RunFacts.load(tmp_path) == FACTS


def test_what_only_happened_to_be_so_is_not_compared():
    other = FACTS.with_facts(counts={"words": 9}, host={"device": "cuda:0", "commit": "x", "seconds": 1.5})
    assert FACTS.differences(other) == {}


def test_counts_and_host_are_added_to():
    assert FACTS.with_facts(counts={"a": 1}).with_facts(counts={"b": 2}).counts == {"a": 1, "b": 2}


def test_another_study_is_refused_with_the_facts_that_differ():
    with pytest.raises(UserError, match=r"runs/a holds another study: steps: 20 there, 30 now\. Choose another"):
        FACTS.require_same(FACTS.with_facts(steps=30), "runs/a")
    FACTS.require_same(FACTS, "runs/a")


def test_other_mask_rules_are_the_same_study_measured_otherwise(tmp_path):
    RunFolder.claim(tmp_path / "a", FACTS)
    folder = RunFolder.claim(tmp_path / "a", FACTS.with_facts(masks=("soft",)))
    assert folder.facts.masks == ("soft",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "format version None"),
        ('{"format": 2}', "format version 2: this visuosyn reads version 1"),
        ('{"format": 1, "steps": 1}', "unknown or missing batch_size, "),
    ],
)
def test_damaged_facts(tmp_path, text, message):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match=message):
        RunFacts.load(tmp_path)


def test_no_run_folder(tmp_path):
    with pytest.raises(UserError, match=r"is no run folder: it holds no run\.json"):
        RunFacts.load(tmp_path)
