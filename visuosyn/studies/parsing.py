"""The stage that parses, and what a study says of its words before it draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from visuosyn.corpus import Corpus, conllu
from visuosyn.data import Dropped, Sentence
from visuosyn.errors import UserError
from visuosyn.parse import Parser, all_pairs, word_pairs
from visuosyn.run import RunFolder, write_text
from visuosyn.run.artifacts import write_content
from visuosyn.run.folder import dropped_table


def parse_stage(folder: RunFolder, corpus: Corpus, parser: Parser | None) -> tuple[Sentence, ...]:
    r"""Write ``parses.conllu``, and to ``left_out.csv`` the captions that cannot be measured; give the trees.

    ``parser`` may be ``None`` where every caption brings its tree. Raises UserError if the trees that are there
    are those of other captions.

    >>> from visuosyn.corpus import read_corpus
    >>> from visuosyn.parse import load_parser
    >>> _ = Path("captions.txt").write_text("a red cat\ndogs\n")
    >>> run = RunFolder(Path("run"))
    >>> sentences = parse_stage(run, read_corpus("captions.txt"), load_parser())
    >>> [word.relation for word in sentences[0].words], run.dropped()["reason"].tolist()
    (['det', 'amod', 'root'], ['one word only: no pair to measure'])
    """
    if not folder.parses.exists():
        write_trees(folder.parses, corpus, parser)
    sentences = folder.sentences()
    if [(s.id, s.text) for s in sentences] != [(c.id, c.text) for c in corpus]:
        raise UserError(f"{folder.parses} does not hold the captions of {corpus.path}: remove it to parse them again")
    if not folder.left_out_file.exists():
        write_content(folder.left_out_file, dropped_table([*corpus.dropped, *without_pairs(sentences)]))
    return sentences


def require_pairs(corpus: Corpus, parser: Parser | None) -> None:
    """Raise UserError where no caption of a corpus has a pair of words; the first one that has ends the search."""
    if not any(word_pairs(sentence) for sentence in _trees(corpus, parser, batch_size=8)):
        raise UserError(f"no caption of {corpus.path} has two words, so there is no pair to measure: nothing was drawn")


def without_pairs(sentences: Iterable[Sentence]) -> list[Dropped]:
    """The captions that have no pair of words, whatever is drawn."""
    alone = "one word only: no pair to measure"
    return [
        Dropped("caption", s.id, s.text, alone if len(s.words) < 2 else "no two of its words make a pair")
        for s in sentences
        if not all_pairs(s)
    ]


def write_trees(path: Path, corpus: Corpus, parser: Parser | None) -> None:
    """Write a corpus as CoNLL-U with character spans; noise id and source of each caption are comments."""
    sentences = (
        conllu.with_comments(s, noise_id=c.noise_id, source=c.source)
        for s, c in zip(_trees(corpus, parser), corpus, strict=True)
    )
    write_text(path, conllu.write(sentences, spans=True))


def write_vocabulary(folder: RunFolder, sentences: Iterable[Sentence], known: frozenset[str] | None) -> None:
    """List the words that the model was never taught: ``tables/vocabulary.csv``, and their number in ``drawn.json``.

    Where the model does not say what it knows (``None``) there is nothing to list.
    """
    words = count_words(sentences)
    counts = {"words": words.total()}
    if known is not None:
        unknown = outside(known, words)
        counts["words_outside_vocabulary"] = unknown.total()
        rows = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))
        write_content(folder.tables / "vocabulary.csv", pd.DataFrame(rows, columns=["word", "n"]))
    folder.note(**counts)


def count_words(sentences: Iterable[Sentence]) -> Counter[str]:
    """How often each word occurs, in lower case; punctuation is not counted."""
    return Counter(w.text.lower() for s in sentences for w in s.words if any(map(str.isalnum, w.text)))


def outside(known: frozenset[str], words: Counter[str]) -> Counter[str]:
    """The words that a model was never taught.

    >>> outside(frozenset({"a", "cat"}), Counter({"a": 2, "monkey": 1}))
    Counter({'monkey': 1})
    """
    return Counter({word: n for word, n in words.items() if word not in known})


def _trees(corpus: Corpus, parser: Parser | None, *, batch_size: int = 256) -> Iterator[Sentence]:
    if parser:
        return parser.parse(corpus, batch_size=batch_size)
    return (caption.sentence for caption in corpus if caption.sentence)
