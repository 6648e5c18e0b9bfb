"""Every format gives the same captions; what is empty, repeated or odd is counted and listed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.corpus import FORMATS, read_corpus, validate_corpus
from visuosyn.corpus.source import lines, squeeze
from visuosyn.errors import UserError

DATA = Path(__file__).parents[1] / "data" / "corpus"
CAPTIONS = (DATA / "captions.txt").read_text(encoding="utf-8").splitlines()
FILES = {
    "text": "captions.txt",
    "csv": "captions.csv",
    "tsv": "captions.tsv",
    "jsonl": "captions.jsonl",
    "coco": "coco.json",
    "parti": "parti.tsv",
    "conllu": "trees.conllu",
}


def save(folder: Path, text: str | bytes, name: str = "captions.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def texts(path: Path, **options: object) -> list[str]:
    return [caption.text for caption in read_corpus(path, **options)]


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "captions.parquet"
    ids = [f"c{i}" for i in range(1, 11)]
    pq.write_table(pa.table({"id": ids, "caption": CAPTIONS, "pixels": [b"\0"] * 10}), path)
    return path


@pytest.mark.parametrize("format", [f for f in FILES if f != "conllu"])
def test_every_format_gives_the_same_captions(format: str) -> None:
    corpus = read_corpus(DATA / FILES[format])
    assert corpus.format == format
    assert [caption.text for caption in corpus] == CAPTIONS
    assert (len(corpus), corpus.duplicates, corpus.dropped) == (10, 1, ())
    assert validate_corpus(DATA / FILES[format]) == []


def test_parquet(parquet: Path) -> None:
    corpus = read_corpus(parquet)
    assert (corpus.format, [caption.text for caption in corpus]) == ("parquet", CAPTIONS)
    assert [caption.id for caption in corpus][:2] == ["c1", "c2"]


@pytest.mark.parametrize("format", FILES)
def test_the_format_is_told_by_content_whatever_the_name(format: str, tmp_path: Path) -> None:
    data = (DATA / FILES[format]).read_bytes()
    for name in ("corpus.txt", "corpus.dat", "corpus"):
        assert read_corpus(save(tmp_path, data, name)).format == format
        assert read_corpus(save(tmp_path, b"\xef\xbb\xbf" + data, name)).format == format  # byte-order mark
        assert read_corpus(save(tmp_path, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), name)).format == format


def test_parquet_is_told_by_content(parquet: Path, tmp_path: Path) -> None:
    assert read_corpus(save(tmp_path, parquet.read_bytes(), "x.csv")).format == "parquet"


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("a.csv", "one\ta cat\ntwo\ta dog\n", "tsv"),  # tabs in every line
        ("a.tsv", "id,caption\n1,a cat\n", "csv"),
        ("a.txt", "a cat, asleep\na dog, awake\n", "text"),  # commas alone are no table
        ("a.txt", "text, in neon\na cat\na dog\n", "text"),  # a caption that begins like a header
        ("a.txt", "caption,id\na cat,1\n", "csv"),
        ("a.txt", "id;caption\n1;a cat, asleep\n", "csv"),
        ("a.txt", "[a cat]\n{a dog}\n", "text"),
        ("a.txt", '{"caption": "a cat"}', "jsonl"),
        ("a.jsonl", '{"annotations": [{"id": 1, "image_id": 1, "caption": "a cat"}]}', "coco"),
        ("a.json", '{"caption": "a cat"}\n{"caption": "a dog"}\n', "jsonl"),
        ("a.txt", "1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n", "conllu"),
        ("a.txt", "# a list of my captions\na cat\n", "text"),
    ],
)
def test_close_calls(name: str, text: str, format: str, tmp_path: Path) -> None:
    column = "a cat" if format == "tsv" else None
    assert read_corpus(save(tmp_path, text, name), column=column).format == format


def test_a_given_format_overrides_the_content() -> None:
    path = DATA / "captions.csv"
    assert texts(path, format="text") == path.read_text(encoding="utf-8").splitlines()
    assert set(FORMATS) == {*FILES, "parquet"}


def test_ids_sources_and_images_come_from_the_file() -> None:
    text, table = read_corpus(DATA / "captions.txt"), read_corpus(DATA / "captions.jsonl")
    assert [(c.id, c.source, c.noise_id) for c in text][1] == ("2", "captions.txt:2", "2")
    assert [(c.id, c.source, c.image_id) for c in table][1] == ("c2", "captions.jsonl:2", "1")
    coco = read_corpus(DATA / "coco.json").captions[0]
    assert (coco.id, coco.image_id, coco.noise_id) == ("101", "0", "101")


def test_ids_are_unique_and_those_of_the_file_come_first(tmp_path: Path) -> None:
    path = save(tmp_path, "id,text\n7,a cat\n7,a dog\n7#2,a cow\n,a hen\n7,an ox\n4,a pig\n", "a.csv")
    assert [c.id for c in read_corpus(path)] == ["7", "7#3", "7#2", "4", "7#4", "4#2"]
    assert [str(n).split(": ", 1)[1] for n in validate_corpus(path, notes=True)] == [
        "note: id '7' stood before; it is read as '7#3'",
        "note: id '7' stood before; it is read as '7#4'",
        "note: id '4' stood before; it is read as '4#2'",
    ]


def test_blank_lines_are_dropped_with_a_reason_and_do_not_move_ids(tmp_path: Path) -> None:
    corpus = read_corpus(save(tmp_path, "a cat\n\n \t \na dog\n\u200b\n"))
    assert [(c.id, c.text) for c in corpus] == [("1", "a cat"), ("4", "a dog")]
    assert [(d.what, d.caption_id, d.reason) for d in corpus.dropped] == [
        ("caption", "2", "captions.txt:2: no caption: the place is empty or blank"),
        ("caption", "3", "captions.txt:3: no caption: the place is empty or blank"),
        ("caption", "5", "captions.txt:5: no visible character"),
    ]


def test_missing_captions_in_tables_are_dropped(tmp_path: Path) -> None:
    jsonl = save(tmp_path, '{"text": "a cat"}\n{"text": null}\n\n{"other": 1}\n{"text": " "}\n', "a.jsonl")
    assert [d.caption_id for d in read_corpus(jsonl).dropped] == ["2", "3", "4", "5"]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a cat", None, ""], "id": pa.array([1, 2, None])}), path)
    corpus = read_corpus(path)
    assert [c.id for c in corpus] == ["1"]
    assert [d.caption_id for d in corpus.dropped] == ["2", "3"]


def test_integer_ids_that_pandas_made_floats_stay_integers(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a cat", "a dog"], "image_id": pa.array([12.0, float("nan")])}), path)
    assert [c.image_id for c in read_corpus(path)] == ["12", ""]


def test_white_space_and_control_characters_are_squeezed(tmp_path: Path) -> None:
    path = save(tmp_path, "\ufeff a  cat\u00a0and\x07a\u2028dog \r\nred\rblue")
    assert texts(path) == ["a cat and a dog", "red", "blue"]
    assert [n.line for n in validate_corpus(path, notes=True)] == [1]


def test_notes_are_asked_for_and_no_faults(tmp_path: Path) -> None:
    path = save(tmp_path, "a cat\n\na  cat\n")
    assert validate_corpus(path) == []
    notes = validate_corpus(path, notes=True)
    assert all(n.note for n in notes)
    assert [str(n) for n in notes] == [
        f"{path}:2: note: no caption: the place is empty or blank; it will be left out",
        f"{path}:3: note: the same caption as captions.txt:1; both are kept",
    ]


def test_limit_keeps_the_first_and_counts_what_it_kept(tmp_path: Path) -> None:
    path = save(tmp_path, "a cat\n\na cat\na dog\n\n")
    corpus = read_corpus(path, limit=2)
    assert ([c.id for c in corpus], corpus.duplicates, len(corpus.dropped)) == (["1", "3"], 1, 1)
    with pytest.raises(UserError, match="limit 0 leaves no caption"):
        read_corpus(path, limit=0)


def test_quoted_cells_may_hold_line_breaks_and_lines_are_counted_on(tmp_path: Path) -> None:
    path = save(tmp_path, 'id,caption\n1,"a cat\nand a dog"\n2,a cow\n3,a,hen\n', "a.csv")
    assert [str(f) for f in validate_corpus(path)] == [f"{path}:5: 3 fields, but the header has 2: id, caption"]
    good = read_corpus(save(tmp_path, 'id,caption\n1,"a cat\nand a dog"\n2,a cow\n', "a.csv"))
    assert [(c.text, c.source) for c in good] == [("a cat and a dog", "a.csv:2"), ("a cow", "a.csv:4")]


def test_a_tree_is_used_as_given_and_its_text_is_not_squeezed() -> None:
    corpus = read_corpus(DATA / "trees.conllu")
    assert [c.id for c in corpus] == ["t1", "t2", "t3", "t4", "t5", "6"]
    assert [c.source for c in corpus][:2] == ["trees.conllu:1", "trees.conllu:16"]
    spaced = corpus.captions[3]
    assert spaced.text == "a _ b  c"
    assert spaced.sentence is not None
    assert [spaced.text[w.start : w.end] for w in spaced.sentence.words] == ["a", "_", "b", "c"]
    assert (corpus.captions[1].noise_id, corpus.captions[1].image_id) == ("shared", "7")
    assert corpus.captions[5].text == "red kite, high"


# --- properties ----------------------------------------------------------------------------------------------------

wild = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
captions = st.lists(wild.map(squeeze).filter(bool), min_size=1, max_size=8)


@given(wild)
def test_squeezing_twice_is_squeezing_once(text: str) -> None:
    once = squeeze(text)
    assert squeeze(once) == once
    assert once == once.strip()
    assert "  " not in once


@given(st.text(st.sampled_from("ab \r\n\u2028\x0b"), max_size=30))
def test_lines_split_at_cr_and_lf_only(text: str) -> None:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    assert lines(text) == (unix[:-1] if unix.endswith("\n") else unix).split("\n") or not text


def _csv(texts: list[str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["n", "caption"], *enumerate(texts)])
    return out.getvalue()


WRITERS = {
    "text": lambda texts: "\n".join(texts),
    "csv": lambda texts: _csv(texts, ","),
    "tsv": lambda texts: _csv(texts, "\t"),
    "jsonl": lambda texts: "".join(json.dumps({"caption": t}) + "\n" for t in texts),
    "coco": lambda texts: json.dumps({"annotations": [{"id": i, "caption": t} for i, t in enumerate(texts)]}),
    "parti": lambda texts: "Prompt\tCategory\tChallenge\tNote\n" + "".join(f"{t}\t\t\t\n" for t in texts),
}


@pytest.mark.parametrize("format", WRITERS)
@given(captions=captions)
def test_what_is_written_is_read(format: str, captions: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = save(tmp_path_factory.mktemp("corpus"), WRITERS[format](captions))
    corpus = read_corpus(path, format=format)
    assert [c.text for c in corpus] == captions
    assert len({c.id for c in corpus}) == len(corpus)
    assert corpus.duplicates == len(captions) - len(set(captions))


@given(raw=st.lists(wild, max_size=8))
def test_no_line_vanishes(raw: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    text = "a cat\n" + "\n".join(raw).replace("\0", "")
    corpus = read_corpus(save(tmp_path_factory.mktemp("corpus"), text), format="text")
    assert len(corpus) + len(corpus.dropped) == len(lines(text))
    assert len({*(c.id for c in corpus), *(d.caption_id for d in corpus.dropped)}) == len(lines(text))
