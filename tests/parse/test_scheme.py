"""Relation schemes are complete data."""

from __future__ import annotations

import pytest

from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse import load_scheme

# The labels of spaCy's English models, version 3.8 (nlp.get_pipe("parser").labels).
CLEAR = """ROOT acl acomp advcl advmod agent amod appos attr aux auxpass case cc ccomp compound conj csubj csubjpass
dative dep det dobj expl intj mark meta neg nmod npadvmod nsubj nsubjpass nummod oprd parataxis pcomp pobj poss preconj
predet prep prt punct quantmod relcl xcomp"""


def test_all_labels_of_the_default_model_have_a_ud_name() -> None:
    clear, ud = load_scheme("clear"), load_scheme("ud")
    assert set(CLEAR.split()) == set(clear.labels) - {"unrelated"}
    assert {clear.labels[name].ud for name in CLEAR.split()} <= set(ud.labels)


@pytest.mark.parametrize("name", ["ud", "clear"])
def test_every_label_has_group_gloss_and_source(name: str) -> None:
    for label in load_scheme(name).labels.values():
        assert label.group, label
        assert label.gloss, label
        assert label.source, label


def test_unknown_labels_are_counted() -> None:
    words = (
        Word("a", 0, 1, head=1, relation="sb", deps=((1, "nmod:in_front_of"), (0, "oa"))),
        Word("b", 2, 3, head=-1, relation="root"),
        Word("c", 4, 5, head=1, relation="sb"),
    )
    assert load_scheme("ud").unknown([Sentence("s", "a b c", words)]) == {"sb": 2, "oa": 1}


def test_unknown_scheme() -> None:
    with pytest.raises(UserError, match="'penn' is not known: use one of clear, ud"):
        load_scheme("penn")
