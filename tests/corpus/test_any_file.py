"""Whatever a file holds: it is read whole, or one UserError says why not, and validation agrees with reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visuosyn.corpus import FORMATS, conllu, read_corpus, validate_corpus
from visuosyn.errors import UserError

DATA = Path(__file__).parents[1] / "data" / "corpus"
SAMPLES = [path.read_bytes() for path in sorted(DATA.iterdir())]
PIECES = [
    b"\t",
    b"\n",
    b"\r",
    b'"',
    b",",
    b"{",
    b"}",
    b"[",
    b"_",
    b"0",
    b"7-8\t",
    b"1.1\t",
    b"\xff",
    b"\0",
    b"# text = ",
    b" ",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample of some format with pieces cut out, put in and doubled."""
    data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 12)))
        data = data[:at] + draw(st.sampled_from([*PIECES, b"", data[at:to] * 2])) + data[to:]
    return data


def check(path: Path, format: str) -> None:
    try:
        faults = validate_corpus(path, format=format)
    except UserError as error:
        assert "\n" not in str(error)
        with pytest.raises(UserError):
            read_corpus(path, format=format)
        return
    assert all(fault.line >= 1 and "\n" not in fault.reason for fault in faults)
    try:
        corpus = read_corpus(path, format=format)
    except UserError as error:
        assert faults or "holds no caption" in str(error)
        return
    assert not faults
    assert len({caption.id for caption in corpus}) == len(corpus) > 0
    for caption in corpus:
        assert caption.text
        assert caption.sentence is None or caption.sentence.id == caption.id
    with_trees = [caption.sentence for caption in corpus if caption.sentence]
    assert [s.words for s in conllu.read(conllu.write(with_trees))] == [s.words for s in with_trees]


@settings(max_examples=200)
@given(data=damaged(), suffix=st.sampled_from(["", ".txt", ".csv", ".tsv", ".json", ".jsonl", ".conllu", ".parquet"]))
def test_damaged_files_of_every_format(data: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / f"corpus{suffix}"
    path.write_bytes(data)
    check(path, "auto")


@given(data=st.one_of(damaged(), st.binary(max_size=60)), format=st.sampled_from(sorted(FORMATS)))
def test_any_file_as_any_format(data: bytes, format: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "corpus"
    path.write_bytes(data)
    check(path, format)
