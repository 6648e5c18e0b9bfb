"""What a study cannot measure is said; nothing is drawn for nothing, and no other's folder is written over."""

from __future__ import annotations

from dataclasses import replace

import pytest

import visuosyn as vs
from visuosyn.errors import UserError
from visuosyn.studies.prompt.study import FORMAT, MARK, explain
from visuosyn.studies.relations.study import RELATIONS, scheme_of, trace_corpus
from visuosyn.studies.relations.trees import parse_corpus
from visuosyn.studies.settings import settings_of
from visuosyn.testing import tiny_pipeline

DU = (
    "# text = chat du roi\n1\tchat\tchat\tNOUN\t_\t_\t0\troot\t_\t_\n2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tde\tde\tADP\t_\t_\t4\tcase\t_\t_\n3\tle\tle\tDET\t_\t_\t4\tdet\t_\t_\n4\troi\troi\tNOUN\t_\t_\t1\tnmod\t_\t_\n\n"
)


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline("sd1")


def save(folder, text, name="captions.txt"):
    path = folder / name
    path.write_text(text)
    return path


def measured(corpus, out, pipeline, **options):
    folder = trace_corpus(corpus, out=out, settings=settings_of(model=pipeline, steps=1, masks="soft", **options))
    RELATIONS.measure(folder)
    return vs.open_run(out)


def test_a_caption_of_one_word_is_listed_once(pipeline, tmp_path):
    done = measured(save(tmp_path, "bond\na cat\n"), tmp_path / "run", pipeline, seeds="0-1")
    assert done.dropped[["what", "caption_id", "text", "reason"]].to_numpy().tolist() == [
        ["caption", "1", "bond", "one word only: no pair to measure"]
    ]
    RELATIONS.measure(
        done.folder,
        replace(
            done.folder.measurement,
            masks=(
                "soft",
                "relative:0.4",
            ),
        ),
    )
    assert len(done.folder.dropped()) == 1


def test_without_any_pair_nothing_is_drawn(pipeline, tmp_path):
    corpus = save(tmp_path, "bond\nelement\n")
    with pytest.raises(UserError, match=r"no caption of .*captions.txt has two words"):
        trace_corpus(corpus, out=tmp_path / "run", settings=settings_of(model=pipeline))
    assert not (tmp_path / "run").exists()


def test_two_words_in_the_same_characters_are_no_pair(pipeline, tmp_path):
    done = measured(save(tmp_path, DU, "du.conllu"), tmp_path / "run", pipeline)
    assert len(done.pairs[done.pairs["kind"].isin(["related", "unrelated"])]) == 5
    shared = "both words stand in the same characters, so they share one map"
    assert done.dropped[["what", "text", "reason"]].to_numpy().tolist() == [
        ["pair", f"{relation}(de-2, le-3)", shared] for relation in ("unrelated", "sibling")
    ]


def test_an_image_without_a_measured_pair_still_ends_in_a_report(pipeline, tmp_path):
    done = vs.study(
        save(tmp_path, "# text = du\n1-2\tdu" + "\t_" * 8 + "\n"
             "1\tde\tde\tADP\t_\t_\t2\tcase\t_\t_\n2\tle\tle\tDET\t_\t_\t0\troot\t_\t_\n\n", "du.conllu"),
        out=tmp_path / "run", model=pipeline, steps=1, masks="soft",
    )  # fmt: skip
    assert done.dropped["what"].tolist() == ["pair", "image"]
    assert done.relations.empty
    assert "No pair of words could be measured" in done.folder.page.read_text()


def test_given_trees_keep_their_scheme(pipeline, tmp_path):
    trees = tmp_path / "trees.conllu"
    parse_corpus(vs.read_corpus(save(tmp_path, "a cat in a hat\n")), trees, scheme="clear")
    assert "# scheme = clear\n" in trees.read_text()
    done = measured(trees, tmp_path / "run", pipeline)
    assert (done.facts.scheme, done.sentences[0].scheme) == ("clear", "clear")
    assert vs.read_corpus(done.folder.parses).captions[0].sentence.scheme == "clear"


def test_schemes_of_one_study(tmp_path):
    tree = "# text = a\n1\ta\ta\tDET\t_\t_\t0\troot\t_\t_\n\n"
    clear = "# scheme = clear\n" + tree
    of = {name: vs.read_corpus(save(tmp_path, text, f"{name}.conllu")) for name, text in
          {"silent": tree, "mixed": tree + clear, "odd": "# scheme = dg\n" + tree}.items()}  # fmt: skip
    assert scheme_of(of["silent"], None, default="ud") == "ud"
    assert scheme_of(of["silent"], None, default="clear") == "clear"
    with pytest.raises(UserError, match=r"of several schemes \(clear, ud\)"):
        scheme_of(of["mixed"], None, default="ud")
    with pytest.raises(UserError, match="relation scheme 'dg' is not known"):
        scheme_of(of["odd"], None, default="ud")


def test_an_explanation_replaces_only_an_explanation(pipeline, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    save(theirs, "a picture", "image.png")
    with pytest.raises(UserError, match="holds no earlier explanation"):
        explain("a cat", out=theirs, model=pipeline, steps=1)
    assert [path.name for path in theirs.iterdir()] == ["image.png"]
    for prompt in ("a cat", "a dog"):
        explain(prompt, out=tmp_path / "ours", model=pipeline, steps=1, masks="soft")
    assert (tmp_path / "ours" / MARK).read_text() == f"{FORMAT}\na dog\n"
