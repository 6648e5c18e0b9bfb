"""Stanza's own documents, built without a model, as trees; what is said where package or model is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from visuosyn.corpus import conllu
from visuosyn.data import Caption
from visuosyn.errors import UserError
from visuosyn.parse import load_parser
from visuosyn.parse.convert import converter
from visuosyn.parse.parser import Parser
from visuosyn.parse.stanza_models import StanzaModel, analysis_of, given_document

stanza = pytest.importorskip("stanza")

FRENCH = """# text = Le chat du roi dort. Il neige.
1	Le	le	DET	_	_	2	det	_	start_char=0|end_char=2
2	chat	chat	NOUN	_	Gender=Masc	6	nsubj	_	start_char=3|end_char=7
3-4	du	_	_	_	_	_	_	_	start_char=8|end_char=10
3	de	de	ADP	_	_	5	case	_	_
4	le	le	DET	_	_	5	det	_	_
5	roi	roi	NOUN	_	_	2	nmod	_	start_char=11|end_char=14
6	dort	dormir	VERB	_	_	0	root	_	start_char=15|end_char=19|SpaceAfter=No
7	.	.	PUNCT	_	_	6	punct	_	start_char=19|end_char=20

1	Il	il	PRON	_	_	2	expl:subj	_	start_char=21|end_char=23
2	neige	neiger	VERB	_	_	0	root	_	start_char=24|end_char=29|SpaceAfter=No
3	.	.	PUNCT	_	_	2	punct	_	start_char=29|end_char=30

"""


class Fixed:
    """Stands in for a loaded pipeline, which needs models: gives the documents that it was made with."""

    def __init__(self, *documents: object) -> None:
        self.documents = documents

    def bulk_process(self, texts: list[str]) -> tuple[object, ...]:
        assert len(texts) == len(self.documents)
        return self.documents


@pytest.fixture
def document() -> object:
    from stanza.utils.conll import CoNLL

    return CoNLL.conll2doc(input_str=FRENCH)


def test_two_sentences_with_a_multiword_token_are_one_tree(document: object) -> None:
    found = analysis_of(document)
    assert " ".join(token.text for token in found.tokens) == "Le chat de le roi dort . Il neige ."
    assert found.heads == (1, 5, 4, 4, 1, -1, 5, 8, 5, 8)
    assert found.labels[8] == "parataxis"
    assert found.spans[2:5] == [(8, 10), (8, 10), (11, 14)]
    assert [(token.id, token.text, token.start, token.end) for token in found.extra] == [("3-4", "du", 8, 10)]
    assert found.feats[1] == "Gender=Masc"


def test_its_trees_are_enhanced_and_written(document: object) -> None:
    text = "Le chat du roi dort.  Il neige."
    parser = Parser(StanzaModel("stanza:fr", "1", Fixed(document)), "ud", converter("ud", "ud"))  # type: ignore[arg-type]
    (sentence,) = parser.parse([Caption("c", text)])
    assert sentence.words[4].deps == ((1, "nmod:de"),)
    assert [text[w.start : w.end] for w in sentence.words][1:6] == ["chat", "du", "du", "roi", "dort"]
    assert text[sentence.words[8].start : sentence.words[8].end] == "neige"
    (again,) = conllu.read(conllu.write([sentence], spans=True))
    assert [(w.text, w.start, w.end, w.head, w.deps) for w in again.words] == [
        (w.text, w.start, w.end, w.head, w.deps) for w in sentence.words
    ]
    assert [(t.id, t.text, t.start, t.end) for t in again.extra] == [("3-4", "du", 8, 10)]


def test_given_words_stay_words_of_one_sentence() -> None:
    (tree,) = conllu.read(
        "# text = can not go\n1\tcan\t_\t_\t_\t_\t0\troot\t_\t_\n2\tnot go\t_\t_\t_\t_\t1\tdep\t_\t_\n\n"
    )
    made = given_document(tree)
    assert [[word.text for word in sentence.words] for sentence in made.sentences] == [["can", "not go"]]
    assert made.text == "can not go"


def test_a_missing_model_is_named_and_nothing_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.sessions.Session.send", lambda *args, **options: pytest.fail("a download"))
    with pytest.raises(UserError, match=r"'stanza:xx' cannot be loaded .*stanza\.download\('xx'\)"):
        load_parser("stanza:xx")
    with pytest.raises(UserError, match="speaks Universal Dependencies: use scheme 'ud'"):
        load_parser("stanza:en", scheme="clear")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stanza", None)
    with pytest.raises(UserError, match=r"pip install 'visuosyn\[stanza\]'"):
        load_parser("stanza:en")
