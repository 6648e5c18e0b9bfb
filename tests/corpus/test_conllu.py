"""CoNLL-U in and out: nothing is lost, spans are right, and an independent reader (`conllu`) sees the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import conllu as reference
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.corpus import conllu
from visuosyn.corpus.source import squeeze
from visuosyn.data import ExtraToken, Sentence, Word
from visuosyn.errors import UserError

FILE = Path(__file__).parents[1] / "data" / "corpus" / "trees.conllu"
TREES = FILE.read_bytes().decode()


def test_spans_of_words_and_multiword_tokens() -> None:
    bark, _, french, *_ = conllu.read(TREES)
    assert [bark.text[w.start : w.end] for w in bark.words] == [w.text for w in bark.words]
    token = bark.extra[0]
    assert (token.id, token.text, bark.text[token.start : token.end]) == ("3-4", "doesn't", "doesn't")
    # "de" and "le" do not spell "du": both stand where it stands
    assert [(w.text, french.text[w.start : w.end]) for w in french.words[2:4]] == [("de", "du"), ("le", "du")]


def test_columns_become_fields() -> None:
    bark, gap, *_ = conllu.read(TREES)
    assert bark.words[7] == Word(
        ")", 25, 26, 7, ")", "PUNCT", "-RRB-", 6, "punct", ((6, "punct"),), "", "SpaceAfter=No"
    )
    assert bark.words[0].feats == "Definite=Def|PronType=Art"
    assert bark.words[4].head == -1
    assert bark.comments[-1] == "# a remark without a key"
    # edges from the empty node 7.1 have no position; the column keeps them
    assert [(w.deps, w.graph) for w in gap.words[6:]] == [((), "7.1:nsubj"), ((), "7.1:obj")]
    assert gap.extra == (ExtraToken("7.1", "eats", ("eat", "VERB", "VBZ", "_", "_", "_", "3:conj:and", "CopyOf=3")),)
    assert conllu.comment(gap, "noise_id") == "shared"
    assert conllu.comment(gap, "none") == ""


@pytest.mark.parametrize(
    "text",
    [
        TREES,
        TREES.rstrip("\n"),
        TREES.rstrip("\n") + "\n",
        TREES.replace("\n", "\r\n"),
        "\ufeff" + TREES,
        "\n\n" + TREES.replace("\n\n", "\n \n\n\n"),
        TREES + "\n\n",
        TREES.replace("# text = ", "#text="),
    ],
    ids=["plain", "no end", "no last blank", "CRLF", "BOM", "blank lines", "blank end", "tight comments"],
)
def test_unchanged_is_written_byte_for_byte(text: str) -> None:
    assert conllu.write(conllu.read(text)) == text


def test_the_fields_alone_give_the_file_back() -> None:
    """Without the raw lines: what the fields hold is all there is (the last sentence has no # text to give back)."""
    without = [replace(sentence, raw="") for sentence in conllu.read(TREES)][:-1]
    assert TREES.startswith(conllu.write(without))


def test_a_change_of_one_word_changes_its_line_alone() -> None:
    sentences = list(conllu.read(TREES))
    gap = sentences[1]
    words = [replace(w, lemma="hound") if w.text == "dog" else w for w in gap.words]
    changed = conllu.write([sentences[0], replace(gap, words=tuple(words)), *sentences[2:]])
    differing = [(a, b) for a, b in zip(TREES.split("\n"), changed.split("\n"), strict=True) if a != b]
    line = "7\tdog\tdog\tNOUN\tNN\t_\t3\tconj\t7.1:nsubj\t_"
    assert differing == [(line, line.replace("\tdog\tNOUN", "\thound\tNOUN"))]


def test_blocks_without_a_last_blank_line_do_not_run_together() -> None:
    sentences = [next(conllu.read(TREES[: TREES.index("\n\n")] + end)) for end in ("", "\n", "\n\n", "\r\n\r\n")]
    assert [s.words for s in conllu.read(conllu.write(sentences))] == [s.words for s in sentences]
    marked = next(conllu.read("\ufeff" + TREES))
    assert conllu.write([marked, marked]).count("\ufeff") == 1


def test_a_parsed_sentence_gets_its_comments_and_space_after() -> None:
    words = (Word("a", 0, 1, 0, "a", "DET", "DT", 1, "det"), Word("cat", 2, 5, 1, head=-1, relation="ROOT"))
    sentence = Sentence("c1", "a cat.", (*words, Word(".", 5, 6, 2, head=1, relation="punct")), "clear", "sm 3.8.0")
    text = conllu.write([conllu.with_comments(sentence, noise_id="n7")])
    assert text == (
        "# noise_id = n7\n# sent_id = c1\n# text = a cat.\n# parser = sm 3.8.0\n# scheme = clear\n"
        "1\ta\ta\tDET\tDT\t_\t2\tdet\t_\t_\n2\tcat\t_\t_\t_\t_\t0\tROOT\t_\tSpaceAfter=No\n"
        "3\t.\t_\t_\t_\t_\t2\tpunct\t_\t_\n\n"
    )
    again = next(conllu.read(text))
    assert (again.id, again.text, again.scheme, again.parser) == ("c1", "a cat.", "clear", "sm 3.8.0")
    assert [replace(w, misc="") for w in again.words] == [replace(w, misc="") for w in sentence.words]
    spans = conllu.write([sentence], spans=True)
    assert "SpaceAfter=No|start_char=2|end_char=5" in spans
    assert conllu.write(conllu.read(spans), spans=True) == spans


def test_comments_are_replaced_in_place() -> None:
    sentence = next(conllu.read(TREES))
    changed = conllu.with_comments(sentence, sent_id="new", gloss="x")
    assert changed.comments == (
        "# newdoc id = sample", "# sent_id = new", *sentence.comments[2:], "# gloss = x"
    )  # fmt: skip
    assert conllu.with_comments(sentence, sent_id="t1") == sentence


@pytest.mark.parametrize("word", [Word("a\tb", 0, 3, 0), Word("a", 0, 1, 0, misc="x\ny")])
def test_what_the_format_cannot_hold_is_an_error(word: Word) -> None:
    with pytest.raises(UserError, match="holds a tab or line break"):
        conllu.write([Sentence("s", "a b", (word,))])
    with pytest.raises(UserError, match="has no words"):
        conllu.write([Sentence("s", "", ())])


def test_read_stops_at_the_first_fault_with_file_and_line() -> None:
    with pytest.raises(UserError, match=r"^mine\.conllu:3: 2 fields instead of 10"):
        list(conllu.read("# a\n# b\n1\ta\n", source="mine.conllu"))


# --- properties ----------------------------------------------------------------------------------------------------

cell = st.text(st.sampled_from("abé_-.:|=1' "), min_size=1, max_size=6).map(squeeze).filter(lambda s: s.strip("_"))
form = st.text(st.sampled_from("abcé日.,'-_"), min_size=1, max_size=5)
label = st.sampled_from(["nsubj", "nmod:of", "conj:and", "obl:unmarked", "ref"])


@st.composite
def trees(draw: st.DrawFn) -> Sentence:
    """A random tree over random words, with spacing, enhanced edges, multiword tokens and empty nodes."""
    forms = draw(st.lists(form, min_size=1, max_size=6))
    size = len(forms)
    order = draw(st.permutations(range(size)))
    heads = {word: -1 if i == 0 else draw(st.sampled_from(order[:i])) for i, word in enumerate(order)}
    empty = draw(st.integers(0, size)) if draw(st.booleans()) else None
    pair = draw(st.integers(0, size - 2)) if size > 1 and draw(st.booleans()) else None
    text, words = "", []
    for i, written in enumerate(forms):
        inside = pair is not None and i == pair
        gap = "" if inside else draw(st.sampled_from(["", " ", "  "])) if i < size - 1 else ""
        glued = ["SpaceAfter=No"] if not gap and not inside and i < size - 1 and i - 1 != pair else []
        start = len(text)
        text += written + gap
        edges = draw(st.lists(st.tuples(st.integers(-1, size - 1), label), max_size=3, unique=True))
        graph = f"{empty}.1:{draw(label)}" if empty is not None and draw(st.booleans()) and not edges else ""
        misc = "|".join(
            [*glued, *draw(st.lists(st.sampled_from(["Gloss=x y", "Entity=(1)"]), max_size=2, unique=True))]
        )
        fields = {key: draw(st.one_of(st.just(""), cell)) for key in ("lemma", "upos", "xpos", "feats")}
        words.append(
            Word(
                written,
                start,
                start + len(written),
                i,
                head=heads[i],
                relation="root" if heads[i] < 0 else draw(label),
                deps=tuple(edges),
                misc=misc,
                graph=graph,
                **fields,
            )
        )
    extra = []
    if pair is not None:
        start, end = words[pair].start, words[pair + 1].end
        tight = end < len(text) and not text[end].isspace()
        columns = ("_",) * 7 + ("SpaceAfter=No" if tight else "_",)
        extra.append(ExtraToken(f"{pair + 1}-{pair + 2}", text[start:end], columns, start, end))
    if empty is not None:
        extra.append(ExtraToken(f"{empty}.1", draw(form), ("_", "VERB", *["_"] * 4, "0:root", "_")))
    extra.sort(key=lambda token: float(token.id.split("-")[0]) - 0.5 * ("-" in token.id))
    comments = draw(st.lists(st.sampled_from(["# newdoc", "# note = x = y", "#"]), max_size=2))
    return Sentence(
        "s1", text, tuple(words), comments=(*comments, "# sent_id = s1", f"# text = {text}"), extra=tuple(extra)
    )


@given(st.lists(trees(), min_size=1, max_size=3))
def test_sentences_come_back_as_they_were(sentences: list[Sentence]) -> None:
    text = conllu.write(sentences)
    again = list(conllu.read(text))
    assert again == sentences
    assert conllu.write(again) == text
    assert conllu.write([replace(s, raw="") for s in again]) == text


@given(st.lists(trees(), min_size=1, max_size=2))
def test_an_independent_reader_sees_the_same_tree(sentences: list[Sentence]) -> None:
    for ours, theirs in zip(sentences, reference.parse(conllu.write(sentences)), strict=True):
        _same_as_reference(ours, theirs)


def test_an_independent_reader_sees_the_same_file() -> None:
    for ours, theirs in zip(conllu.read(TREES), reference.parse(TREES), strict=True):
        _same_as_reference(ours, theirs)


def _same_as_reference(ours: Sentence, theirs: reference.TokenList) -> None:
    words = [token for token in theirs if isinstance(token["id"], int)]
    assert [w.text for w in ours.words] == [t["form"] for t in words]
    assert [w.lemma or "_" for w in ours.words] == [t["lemma"] for t in words]
    assert [w.head for w in ours.words] == [t["head"] - 1 for t in words]
    assert [w.relation for w in ours.words] == [t["deprel"] for t in words]
    for word, token in zip(ours.words, words, strict=True):
        edges = token["deps"] if isinstance(token["deps"], list) else []
        assert list(word.deps) == [(head - 1, name) for name, head in edges if isinstance(head, int)]
    rest = [token for token in theirs if not isinstance(token["id"], int)]
    assert [t.id for t in ours.extra] == ["".join(map(str, t["id"])) for t in rest]
    assert [t.text for t in ours.extra] == [t["form"] for t in rest]


def test_a_long_file_is_read_in_linear_time() -> None:
    """A cheap guard: ten thousand sentences in one go, no quadratic joining."""
    many = "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n" * 10_000
    assert sum(1 for _ in conllu.read(many)) == 10_000
