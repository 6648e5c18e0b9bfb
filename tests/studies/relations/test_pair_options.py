"""What a study can be asked about its pairs: classes, swapped captions, propagated edges, collapsed prepositions."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import visuosyn as vs
from visuosyn.errors import UserError
from visuosyn.measure.controls import swapped_controls
from visuosyn.parse import all_pairs
from visuosyn.studies.relations.statistics.means import class_table, relation_table
from visuosyn.studies.relations.study import RELATIONS, trace_corpus
from visuosyn.studies.relations.trees import parse_corpus
from visuosyn.studies.settings import settings_of
from visuosyn.testing import tiny_pipeline

CAPTIONS = "a red cat and a red dog in front of a hat\nthe man and the dog with a hat\na man sees a ball and a hat\n"
OPTIONS = {"steps": 1, "size": "16x16", "masks": ("soft", "relative:0.4")}


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline("sd1")


@pytest.fixture
def captions(tmp_path):
    path = tmp_path / "captions.txt"
    path.write_text(CAPTIONS)
    return path


def measured(corpus, out, pipeline, **options):
    folder = trace_corpus(corpus, out=out, settings=settings_of(model=pipeline, **OPTIONS | options))
    RELATIONS.measure(folder)
    return vs.open_run(out)


def test_classes_stand_beside_the_relations_and_change_none_of_their_rows(captions, pipeline, tmp_path):
    pairs = measured(captions, tmp_path / "run", pipeline).pairs
    assert set(pairs["kind"]) == {"related", "unrelated", "matched", "path-2"}
    plain = pairs[pairs["kind"].isin(["related", "unrelated"])]
    pd.testing.assert_frame_equal(relation_table(pairs, draws=50), relation_table(plain, draws=50))
    classes = class_table(pairs, draws=50)
    assert set(classes["relation"]) == {"matched unrelated", "grandparent", "sibling"}
    sibling = pairs[(pairs["relation"] == "sibling") & (pairs["mask"] == "soft")]
    row = classes[(classes["relation"] == "sibling") & (classes["mask"] == "soft")].iloc[0]
    assert (row["n_pairs"], row["mIoU"]) == (len(sibling), pytest.approx(100 * sibling["iou"].mean()))
    assert class_table(plain, draws=50).empty
    cat = pairs[(pairs["head"] == "cat") & (pairs["dependent"] == "red") & (pairs["mask"] == "soft")].iloc[0]
    assert (cat["head_depth"], cat["dependent_depth"], cat["distance"], cat["head_first"]) == (0, 1, 1, False)


def test_swapped_captions_are_drawn_and_answer_for_their_pairs(captions, pipeline, tmp_path):
    done = vs.study(captions, out=tmp_path / "run", model=pipeline, swapped="amod", **OPTIONS)
    assert done.facts.swapped == ("amod",)
    texts = [sentence.text for sentence in done.sentences]
    assert texts[1:3] == ["a cat red and a red dog in front of a hat", "a red cat and a dog red in front of a hat"]
    pairs = done.pairs[done.pairs["mask"] == "soft"]
    swapped = pairs[pairs["kind"] == "swapped"]
    assert swapped[["head", "dependent", "relation", "noise_id"]].to_numpy().tolist() == [
        ["cat", "red", "swapped amod", "1"],
        ["dog", "red", "swapped amod", "1"],
    ]
    control = swapped_controls(done.pairs, done.sentences)
    joined = control.merge(done.pairs, on=["caption_id", "seed", "pair", "mask"], suffixes=("", "_own"))
    assert len(joined) == 4
    assert set(joined["relation"]) == {"amod"} and set(joined["head"]) == {"cat", "dog"}
    table = pd.read_csv(done.folder.tables / "swapped.csv")
    assert set(table["relation"]) >= {"amod"}
    assert {"swapped amod", "sibling"} <= set(pd.read_csv(done.folder.tables / "classes.csv")["relation"])
    page = done.folder.page.read_text()
    assert "words of amod pairs exchanged" in page and "for pairs in amod also the caption" in page
    with pytest.raises(UserError, match="swapped: \\('amod',\\) there"):
        measured(captions, tmp_path / "run", pipeline)


def test_propagated_edges_can_be_left_out_and_numbers_stay(captions, pipeline, tmp_path):
    done = measured(captions, tmp_path / "run", pipeline)
    every = done.pairs
    assert (every["edge"] == "enhanced").any()
    RELATIONS.measure(done.folder, replace(done.folder.measurement, edges="basic"))
    some = vs.open_run(done.path)
    assert some.folder.measurement.edges == "basic"
    kept = every[every["edge"] != "enhanced"].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.pairs.reset_index(drop=True), kept)
    RELATIONS.measure(done.folder, replace(done.folder.measurement, masks=("soft",), edges="enhanced"))
    assert len(done.folder.rows("pairs")) * 2 == len(every)


def test_prepositions_are_collapsed_by_the_parser_or_in_given_trees_on_demand(captions, pipeline, tmp_path):
    done = measured(captions, tmp_path / "run", pipeline, collapse_prepositions=True)
    assert done.facts.collapse_prepositions
    assert "nmod:in_front_of" in set(done.pairs["relation"])
    trees = tmp_path / "trees.conllu"
    parse_corpus(vs.read_corpus(captions), trees)
    with pytest.raises(UserError, match=r"are given and kept as they are: add --parser given"):
        measured(trees, tmp_path / "given", pipeline, collapse_prepositions=True)
    again = measured(trees, tmp_path / "given", pipeline, collapse_prepositions=True, parser="given")
    assert again.facts.parser == "given"
    assert [s.words for s in again.sentences] == [s.words for s in done.sentences]
    with pytest.raises(UserError, match=r"parser 'given' needs trees, and caption '1' .* brings none"):
        measured(captions, tmp_path / "none", pipeline, parser="given")


def test_trees_corrected_by_hand_are_measured_as_they_are(captions, pipeline, tmp_path):
    trees = tmp_path / "trees.conllu"
    parse_corpus(vs.read_corpus(captions), trees)
    text = (
        trees.read_text()
        .replace("\tdet\t5:det\t", "\tdet:x\t5:det:x\t")
        .replace("\tdet\t6:det\t", "\tdet:x\t6:det:x\t")
    )
    text += (
        "# sent_id = hand\n# text = dogs don't\n1\tdogs\tdog\tNOUN\t_\t_\t2\tnsubj\t2:nsubj|3.1:nsubj\t_\n"
        "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tdo\tdo\tAUX\t_\t_\t0\troot\t0:root\t_\n"
        "3\tn't\tnot\tPART\t_\t_\t2\tadvmod\t2:advmod\t_\n3.1\tbark\t_\tVERB\t_\t_\t_\t_\t2:dep\t_\n\n"
    )
    trees.write_text(text)
    assert vs.validate_corpus(trees) == []
    done = measured(trees, tmp_path / "run", pipeline)
    assert "det:x" in set(done.pairs["relation"])
    hand = done.sentences[-1]
    assert {(p.relation, p.head, p.dependent) for p in all_pairs(hand) if p.kind == "related"} == {
        ("nsubj", 1, 0),
        ("advmod", 1, 2),
    }
    assert [(t.id, t.text) for t in hand.extra] == [("2-3", "don't"), ("3.1", "bark")]
    told = done.dropped[done.dropped["caption_id"] == "hand"]
    assert told[["what", "text", "reason"]].to_numpy().tolist() == [
        ["pair", "dogs (nsubj)", "the head is an empty node"]
    ]
