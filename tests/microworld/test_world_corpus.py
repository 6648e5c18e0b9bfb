"""The committed corpus: what the command writes, balanced, readable by an independent reader."""

import csv
import json
from collections import Counter
from pathlib import Path

import conllu
import numpy as np
import pytest

from visuosyn.microworld.world import corpus, words
from visuosyn.microworld.world.scenes import sample

FOLDER = Path(__file__).parents[2] / "corpora" / "microworld"


@pytest.fixture(scope="module")
def sentences():
    return conllu.parse((FOLDER / "captions.conllu").read_text(encoding="utf-8"))


def test_the_command_writes_the_committed_files(tmp_path):
    corpus.write_corpus(tmp_path / "new")
    written = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert written == ["captions.conllu", "held_out.csv", "metadata.json"]
    for name in written:
        assert (tmp_path / "new" / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_captions_are_two_hundred_different_ones(sentences):
    assert len({sentence.metadata["text"] for sentence in sentences}) == len(sentences) == 200
    assert len({sentence.metadata["sent_id"] for sentence in sentences}) == 200


def test_every_relation_of_the_paper_has_25_pairs(sentences):
    labels = Counter(
        label for sentence in sentences for token in sentence for label, head in token["deps"] if head != 0
    )
    for label in ("det", "case", "punct", "amod", "compound", "conj:and", "nmod:of", "nsubj", "obj", "acl"):
        assert labels[label] >= 25, label
    facts = json.loads((FOLDER / "metadata.json").read_text(encoding="utf-8"))
    assert facts["n"] == 200
    assert all(facts["relations"][label] == count for label, count in labels.items())


def test_the_scene_comment_names_the_scene(sentences):
    for sentence in sentences[:40]:
        split, seed = sentence.metadata["scene"].split("/")
        scene = sample(int(seed), split=split)
        assert scene.caption == sentence.metadata["text"]
        assert scene.kind == sentence.metadata["kind"]
        assert np.any(scene.foreground)


def test_the_held_out_table_is_the_list():
    with (FOLDER / "held_out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["first"], row["second"]) for row in rows} == words.held_out()
    assert Counter(row["sort"] for row in rows) == {"adjective": 18, "noun": 45}
