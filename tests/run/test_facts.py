from __future__ import annotations

import json

import pytest

from visuosyn.errors import UserError
from visuosyn.run import Measurement, RunFacts, RunFolder

FACTS = RunFacts(
    corpus="captions.txt", corpus_sha256="ab", corpus_format="text", captions=3, parser="en_core_web_sm",
    parser_version="3.8.0", scheme="ud", model="micro", family="unet", dtype="float32", scheduler="DDIMScheduler",
    steps=20, guidance=7.5, width=96, height=96, seeds=(0, 1), noise="caption", batch_size=8, storage="parts",
    software={"torch": "2.13.0", "numpy": "2.4.6"},
)  # fmt: skip
RULES = Measurement(masks=("relative:0.4", "soft"))


def version_1(**values: object) -> dict[str, object]:
    """A ``run.json`` as version 1 wrote it: with what was measured, and ``keep`` for ``storage``."""
    old = json.loads(json.dumps({name: getattr(FACTS, name) for name in FACTS.__dataclass_fields__}))
    old = {name: value for name, value in old.items() if name not in ("study", "storage")}
    return old | {"keep": "parts", "masks": ["soft"], "edges": "basic", "format": 1} | values


def test_round_trip(tmp_path):
    facts = FACTS.with_facts(counts={"duplicates": 5}, host={"device": "cpu"})
    facts.save(tmp_path)
    assert RunFacts.load(tmp_path) == facts
    assert json.loads((tmp_path / "run.json").read_text())["format"] == 2


def test_differences_name_the_fields_and_each_library_apart():
    other = FACTS.with_facts(seeds=(0,), software={"torch": "2.6.0", "numpy": "2.4.6"})
    assert FACTS.differences(other) == {"seeds": ((0, 1), (0,)), "software torch": ("2.13.0", "2.6.0")}


def test_the_kind_of_study_and_its_own_options_are_facts(tmp_path):
    asked = FACTS.with_facts(study="adjectives", options={"cross_share": 0.8})
    asked.save(tmp_path)
    assert RunFacts.load(tmp_path) == asked
    assert FACTS.differences(asked) == {"study": ("relations", "adjectives"), "cross_share": (None, 0.8)}


def test_version_1_is_read_with_its_measurement_apart(tmp_path):
    values = version_1(options={"study": "cohyponyms", "lexicon": "wordnet"})
    del values["coreference"]  # older still
    (tmp_path / "run.json").write_text(json.dumps(values))
    facts = RunFacts.load(tmp_path)
    assert (facts.format, facts.study, facts.options, facts.storage) == (
        1,
        "cohyponyms",
        {"lexicon": "wordnet"},
        "parts",
    )
    assert FACTS.differences(facts) == {"study": ("relations", "cohyponyms"), "lexicon": (None, "wordnet")}
    assert RunFolder(tmp_path).measurement == Measurement(masks=("soft",), edges="basic")


@pytest.mark.parametrize(
    ("version", "seeds", "batch", "each", "parts"),
    [
        (2, 2, 8, 4, 1),
        (2, 3, 4, 1, 3),
        (2, 16, 8, 1, 3),
        (2, 1, 2, 2, 2),
        (1, 2, 8, 4, 1),
        (1, 3, 4, 4, 1),
        (1, 1, 2, 2, 2),
    ],
)
def test_parts_hold_whole_captions(version, seeds, batch, each, parts):
    """In version 1 a part is as many shards of a batch as end with a caption: of 3 seeds by 4 images, three."""
    facts = FACTS.with_facts(format=version, seeds=tuple(range(seeds)), batch_size=batch)
    assert (facts.captions_per_part, facts.parts) == (each, parts)


def test_what_only_happened_to_be_so_is_not_compared():
    other = FACTS.with_facts(counts={"duplicates": 9}, host={"device": "cuda:0", "commit": "x"})
    assert FACTS.differences(other) == {}


def test_counts_and_host_are_added_to():
    assert FACTS.with_facts(counts={"a": 1}).with_facts(counts={"b": 2}).counts == {"a": 1, "b": 2}


def test_another_study_is_refused_with_the_facts_that_differ():
    with pytest.raises(UserError, match=r"runs/a holds another study: steps: 20 there, 30 now\. Choose another"):
        FACTS.require_same(FACTS.with_facts(steps=30), "runs/a")
    FACTS.require_same(FACTS, "runs/a")


def test_facts_are_written_once_and_a_first_measurement_is_noted(tmp_path):
    folder = RunFolder.claim(tmp_path / "a", FACTS, RULES)
    written = (folder.path / "run.json").read_bytes()
    again = RunFolder.claim(tmp_path / "a", FACTS.with_facts(host={"device": "cuda"}), Measurement(masks=("soft",)))
    assert (again.path / "run.json").read_bytes() == written
    assert again.measurement == RULES  # until something else is measured


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "format version None"),
        ('{"format": 3}', "format version 3: this visuosyn reads versions 1 and 2"),
        ('{"format": 2, "steps": 1}', "unknown or missing batch_size, "),
        ('{"format": 1, "steps": 1}', "unknown or missing batch_size, "),
    ],
)
def test_damaged_facts(tmp_path, text, message):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match=message):
        RunFacts.load(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"edges": "basic"}', '{"masks": 5}'])
def test_a_damaged_measurement(tmp_path, text):
    (tmp_path / "measurement.json").write_text(text)
    with pytest.raises(UserError, match=r"measurement\.json is damaged"):
        Measurement.load(tmp_path)


def test_no_run_folder(tmp_path):
    with pytest.raises(UserError, match=r"is no run folder: it holds no run\.json"):
        RunFacts.load(tmp_path)
    with pytest.raises(UserError, match=r"is no run folder: it holds no measurement\.json"):
        Measurement.load(tmp_path)
