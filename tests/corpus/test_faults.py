"""Wrong files of every kind: one line that names the file, the place and the cause."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from visuosyn.corpus import read_corpus, validate_corpus
from visuosyn.errors import UserError


def save(folder: Path, text: str | bytes, name: str = "captions.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def message(path: Path, **options: object) -> str:
    with pytest.raises(UserError) as error:
        read_corpus(path, **options)
    text = str(error.value)
    assert "\n" not in text
    return text


def reasons(path: Path) -> list[str]:
    """``line: reason`` of every fault; the file cannot be read, and the error is the first of them."""
    faults = [str(fault).removeprefix(f"{path}:") for fault in validate_corpus(path)]
    assert message(path).removeprefix(f"{path}:").startswith(faults[0])
    assert all(str(fault).startswith(f"{path}:{fault.line}: ") for fault in validate_corpus(path))
    return faults


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n \n\t\n", "holds no caption (3 places read as text, all empty)"),
        (b"\xef\xbb\xbf", "holds no caption"),
        ("a cat\n".encode("utf-16"), "is UTF-16 text: save it as UTF-8"),
        (b"a cat\na d\0g\n", "is a binary file, not text (NUL byte at byte 9, line 2)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a binary file"),
        (bytes(range(1, 256)), "is a binary file, not text"),
    ],
)
def test_files_that_cannot_be_a_corpus(data: bytes, says: str, tmp_path: Path) -> None:
    path = save(tmp_path, data)
    assert f"{path} {says}" in message(path)


def test_missing_file_directory_and_unknown_format(tmp_path: Path) -> None:
    assert message(tmp_path / "none.txt") == f"{tmp_path / 'none.txt'} does not exist"
    assert message(tmp_path) == f"{tmp_path} is a directory: name a file in it"
    assert "cannot be read: embedded null" in message(Path("a\0b"))
    assert "cannot be read: " in message(tmp_path / ("x" * 300))
    path = save(tmp_path, "a cat")
    assert message(path, format="xml").startswith("format 'xml' is not known: use auto, parquet, jsonl,")


def test_text_that_is_not_utf8_is_listed_line_by_line(tmp_path: Path) -> None:
    path = save(tmp_path, "a cat\na caf\u00e9\na dog\nna\u00efve art\n".encode("latin-1"))
    assert reasons(path) == [
        "2: not UTF-8: byte 0xe9 at byte 11 of the file; save the file as UTF-8",
        "4: not UTF-8: byte 0xef at byte 21 of the file; save the file as UTF-8",
    ]
    assert message(path).endswith(f"(1 more: visuosyn validate {path} lists them)")


def test_wrong_column_lists_those_there(tmp_path: Path) -> None:
    path = save(tmp_path, "id,caption\n1,a cat\n", "a.csv")
    assert message(path, column="prompt") == f"{path}: column 'prompt' is not there; there are: id, caption"
    assert [c.text for c in read_corpus(path, column="Caption")] == ["a cat"]
    assert [c.text for c in read_corpus(path, column="id")] == ["1"]


def test_no_column_or_several_that_could_hold_captions(tmp_path: Path) -> None:
    path = save(tmp_path, "nr,words\n1,a cat\n", "a.csv")
    assert message(path).endswith("say which with column=... (--column); there are: nr, words")
    path = save(tmp_path, '{"text": "a", "prompt": "b"}\n', "a.jsonl")
    assert "several columns could hold the captions (text, prompt)" in message(path)
    assert [c.text for c in read_corpus(path, column="prompt")] == ["b"]
    path = save(tmp_path, "caption,caption\na,b\n", "a.csv")
    assert "several columns" in message(path)
    assert "stands more than once" in message(path, column="caption")


def test_a_column_for_a_format_without_columns(tmp_path: Path) -> None:
    no_table = message(save(tmp_path, "a cat\n"), column="caption")
    assert "was read as text, which has no columns: leave the column 'caption' out, or name the format" in no_table


def test_malformed_rows_of_tables(tmp_path: Path) -> None:
    path = save(tmp_path, 'id,caption\n1,"a" cat\n2,a,cat\n3,a dog\n4,"open\n', "a.csv")
    assert reasons(path) == [
        "2: malformed row (',' expected after '\"')",
        "3: 3 fields, but the header has 2: id, caption",
        "5: malformed row (unexpected end of data)",
    ]
    path = save(tmp_path, 'caption\tid\n"a" cat\t1\n', "a.tsv")
    assert "if the quotes are part of the text, use format parti" in reasons(path)[0]
    assert [c.text for c in read_corpus(path, format="parti")] == ['"a" cat']


def test_malformed_jsonl(tmp_path: Path) -> None:
    rows = ['{"caption": "a cat"}', '{"caption": "a dog"', '["a cow"]', '{"caption": 7}', '{"caption": "\\ud83d"}', ""]
    path = save(tmp_path, "\n".join([*rows, "[" * 100_000]), "a.jsonl")
    assert reasons(path) == [
        "2: malformed JSON: Expecting ',' delimiter, column 20",
        "3: list, but an object is needed",
        "4: 'caption' is int 7, not text",
        "5: 'caption' holds half a surrogate pair, which is no character",
        "7: malformed JSON: nested too deep",
    ]


def test_malformed_coco(tmp_path: Path) -> None:
    path = save(tmp_path, '{"images": [],\n "annotations": [{"id": 1,}]}')
    assert reasons(path)[0].startswith("2: malformed JSON: ")
    path = save(tmp_path, '{"annotations": [{"id": 1}, {"id": 2, "caption": "a cat"}, {"caption": null}, 3]}')
    assert reasons(path) == ["1: annotation 1 has no caption", "4: annotation 4 has no caption"]
    path = save(tmp_path, '{"annotations": [{"id": 1, "bbox": []}]}')
    assert "annotations without captions" in message(path)
    path = save(tmp_path, '[{"caption": "a cat"}]', "a.json")
    assert "neither COCO captions" in message(path)


def test_malformed_parquet(tmp_path: Path) -> None:
    assert "cannot be read as Parquet" in message(save(tmp_path, b"PAR1 no more", "a.parquet"))
    path = save(tmp_path, "a cat\n", "a.parquet")
    assert message(path, format="parquet") == f"{path} is no Parquet, but was to be read as parquet"
    table = tmp_path / "b.parquet"
    pq.write_table(pa.table({"caption": [1, 2]}), table)
    assert message(table).startswith(f"{table}:1: 'caption' is int 1, not text")
    assert message(table, column="text") == f"{table}: column 'text' is not there; there are: caption"
    assert "was to be read as csv" in message(table, format="csv")


GOOD = "# text = a cat\n1\ta\ta\tDET\t_\t_\t2\tdet\t_\t_\n2\tcat\tcat\tNOUN\t_\t_\t0\troot\t_\t_\n\n"


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ("\t2\tdet\t_\t_", "\t2\tdet\t_", ["2: 9 fields instead of 10 separated by tabs"]),
        ("1\ta\ta\tDET\t_\t_\t2\tdet\t_\t_", "1 a a DET _ _ 2 det _ _", None),
        ("1\ta\ta", "1\ta\t", ["2: LEMMA is empty: write _ for nothing"]),
        ("2\tcat", "3\tcat", ["3: id 3 where 2 was due"]),
        ("2\tcat", "x\tcat", ["3: id 'x' is no word (3), multiword token (3-4) or empty node (8.1)"]),
        ("\t2\tdet", "\t7\tdet", ["2: word 1 'a': head 7 is out of range, the sentence has 2 words"]),
        ("\t2\tdet", "\t-1\tdet", ["2: word 1 'a': head '-1' is no number"]),
        ("\t2\tdet", "\t" + "9" * 5000 + "\tdet", None),  # more digits than Python reads
        ("\t2\tdet", "\t\u0662\tdet", ["2: word 1 'a': head '\u0662' is no number"]),  # an Arabic two
        ("1\ta", "9" * 5000 + "\ta", None),
        ("\t2\tdet", "\t1\tdet", ["2: word 1 'a' is its own head"]),
        ("\t2\tdet", "\t_\tdet", ["2: word 1 'a' has no head"]),
        ("\t0\troot", "\t1\troot", ["2: no root: no word has head 0", "2: the heads form a cycle: 1 -> 2 -> 1"]),
        ("\t2\tdet\t_", "\t2\tdet\t5:det", ["2: word 1 'a': head 5 in DEPS is out of range, there is no such node"]),
        ("\t2\tdet\t_", "\t2\tdet\tdet", ["2: word 1 'a': 'det' in DEPS is not head:label"]),
        ("text = a cat", "text = a dog", ["3: 'cat' does not match # text, which has 'dog' there"]),
        ("text = a cat", "text = a", ["3: 'cat' does not match # text, which has its end there"]),
        ("text = a cat", "text = a cat sat", ["3: # text goes on after the last word: 'sat'"]),
        ("det\t_\t_", "det\t_\tSpaceAfter=No", ["2: SpaceAfter=No after 'a', but # text has a blank there"]),
        ("2\tcat", "# so\n2\tcat", ["3: a comment inside a sentence: comments stand before it"]),
        (
            "1\ta",
            "1-2\tacat\t_\t_\t_\t_\t_\t_\t_\t_\n1\ta",
            ["2: 'acat' does not match # text, which has 'a cat' there"],
        ),
        ("1\ta", "1-4\ta\t_\t_\t_\t_\t_\t_\t_\t_\n1\ta", None),
        ("2\tcat", "2.1\tcat\t_\t_\t_\t_\t_\t_\t_\t_\n2\tcat", ["3: empty node 2.1 where 1.1 was due"]),
        ("\n\n", "\n\n# text = lost\n", ["5: comments without a sentence after them"]),
    ],
)
def test_malformed_conllu(old: str, new: str, faults: list[str] | None, tmp_path: Path) -> None:
    assert old in GOOD
    found = reasons(save(tmp_path, GOOD.replace(old, new, 1), "a.conllu"))
    if faults is None:
        assert len(found) == 1
    else:
        assert found == faults


def test_all_faults_of_a_conllu_file_are_listed_and_good_sentences_do_not_hide_them(tmp_path: Path) -> None:
    bad = [GOOD.replace("\t2\tdet", "\t9\tdet"), GOOD, GOOD.replace("2\tcat\t", "2\t"), GOOD.replace("\t0\t", "\t1\t")]
    path = save(tmp_path, "".join(bad), "a.conllu")
    assert [fault.split(": ")[0] for fault in reasons(path)] == ["2", "11", "14", "14"]


def test_a_fault_in_one_row_does_not_make_faults_in_others(tmp_path: Path) -> None:
    tree = GOOD.replace("\tdet\t_\t_", "\tdet\t_").replace("\t0\troot", "\t8\troot")
    assert [f.split(" ")[0] for f in reasons(save(tmp_path, tree, "a.conllu"))] == ["2:", "3:"]


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("\t2\tdet", "\t0\troot", "2: note: 2 roots: words 1, 2"),
        ("\t2\tdet\t_", "\t2\tdet\t2:amod", "2: note: word 1 'a': 2:det is not in its DEPS, which decide: 2:amod"),
        ("text = a cat", "text = acat", "2: note: no SpaceAfter=No after 'a', where # text has no blank"),
    ],
)
def test_oddities_of_trees_are_notes(old: str, new: str, note: str, tmp_path: Path) -> None:
    path = save(tmp_path, GOOD.replace(old, new, 1), "a.conllu")
    assert len(read_corpus(path)) == 1
    assert validate_corpus(path) == []
    assert [str(n).removeprefix(f"{path}:") for n in validate_corpus(path, notes=True)] == [note]


def test_places_in_misc_that_do_not_fit_the_text_are_noted(tmp_path: Path) -> None:
    sound = "# text = a cat\n1\ta\ta\tDET\t_\t_\t2\tdet\t_\tstart_char=40|end_char=41\n"
    sound += "2\tcat\tcat\tNOUN\t_\t_\t0\troot\t_\tstart_char=42|end_char=45\n\n"  # counted in a document
    path = save(tmp_path, sound, "a.conllu")
    assert validate_corpus(path, notes=True) == []
    path.write_text(sound.replace("end_char=45", "end_char=44"), encoding="utf-8")
    assert [f.reason for f in validate_corpus(path, notes=True)] == ["MISC puts 'cat' at 42-44, # text at 42-45 (used)"]
    sentence = read_corpus(path).captions[0].sentence
    assert sentence is not None and (sentence.words[1].start, sentence.words[1].end) == (2, 5)


def test_words_without_heads_are_no_tree(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD.replace("\t2\tdet", "\t_\t_").replace("\t0\troot", "\t_\t_"), "a.conllu")
    sentence = read_corpus(path).captions[0].sentence
    assert sentence is not None
    assert [w.head for w in sentence.words] == [None, None]
    assert "no tree" in str(validate_corpus(path, notes=True)[0])
