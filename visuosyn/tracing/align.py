"""Words and tokens are matched by character offsets in the exact string that was encoded, never by spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data import Word
from visuosyn.errors import UserError

_WORD = re.compile(r"wm*(?:j?wm*)*|[jp]m*|m+")


def split_words(text: str) -> tuple[Word, ...]:
    """Words without a parser: runs of letters and digits with inner apostrophes and hyphens; any other mark is a word.

    Every character that is not white space belongs to exactly one word.

    >>> [word.text for word in split_words("A cat's well-lit hat, isn't it?")]
    ['A', "cat's", 'well-lit', 'hat', ',', "isn't", 'it', '?']
    >>> [(word.text, word.start, word.end, word.index) for word in split_words("zwei Äpfel")]
    [('zwei', 0, 4, 0), ('Äpfel', 5, 10, 1)]
    """
    kinds = "".join(map(_kind, text))
    spans = [match.span() for match in _WORD.finditer(kinds)]
    return tuple(Word(text[start:end], start, end, index) for index, (start, end) in enumerate(spans))


def _kind(character: str) -> str:
    """w: letter or digit; m: mark that combines with it; j: joins inside a word; s: white space; p: the rest."""
    if character.isalnum() or character == "_":
        return "w"
    if character in "'’-‐‑":
        return "j"
    if character.isspace():
        return "s"
    return "m" if unicodedata.category(character).startswith("M") else "p"


@dataclass(frozen=True)
class Encoding:
    """A prompt as a text encoder reads it.

    ``spans``: characters (start, end) in ``text`` of each of the prompt's own tokens, special tokens left out,
    those that did not fit included; the first ``kept`` of them stand from position ``first`` on in the
    encoder's output. ``limit``: how many tokens the encoder reads, specials included. ``encoder``: its name where
    the model attends to the texts of several encoders.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    first: int
    kept: int
    limit: int
    encoder: str | None = None


def encode(tokenizer: Any, text: str, *, limit: int | None = None, encoder: str | None = None) -> Encoding:
    """The tokens of a prompt with their character spans; the tokenizer must be a fast one, which knows them.

    ``limit``: how many tokens are read, specials included, where that is not the tokenizer's own limit. All special
    tokens are kept, as by truncation.

    >>> from visuosyn.testing import toy_tokenizer
    >>> encoding = encode(toy_tokenizer(), "a red skateboard", limit=6)  # a red skat e board
    >>> encoding.spans, encoding.first, encoding.kept
    (((0, 1), (2, 5), (6, 10), (10, 11), (11, 16)), 1, 4)
    """
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(
            f"{type(tokenizer).__name__} does not report the characters of its tokens: load a fast tokenizer"
        )
    limit = int(tokenizer.model_max_length) if limit is None else limit
    read = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False)
    own = [i for i, special in enumerate(read["special_tokens_mask"]) if not special]
    specials = len(read["input_ids"]) - len(own)
    return Encoding(
        text=text,
        spans=tuple(tuple(read["offset_mapping"][i]) for i in own),
        first=own[0] if own else 0,
        kept=max(0, min(len(own), limit - specials)),
        limit=limit,
        encoder=encoder,
    )


def align(
    words: Sequence[Word], encoding: Encoding
) -> tuple[list[tuple[Word, tuple[int, ...]]], list[tuple[Word, str]]]:
    """The words, each with the places of its tokens in ``encoding.spans``; and the words without any, with the reason.

    A token belongs to every word that it shares a character with, so a token that spans two words (CLIP reads
    "don't" as "don" + "'t", a parser as "do" + "n't") counts for both. A word whose tokens did not all fit is left out.
    """
    found: list[tuple[Word, tuple[int, ...]]] = []
    dropped: list[tuple[Word, str]] = []
    for word in words:
        tokens = tuple(i for i, (start, end) in enumerate(encoding.spans) if start < word.end and word.start < end)
        if not tokens:
            dropped.append((word, "the model's tokenizer has no token for it"))
        elif tokens[-1] >= encoding.kept:
            dropped.append((word, f"past the model's limit of {encoding.limit} tokens"))
        else:
            found.append((word, tokens))
    return found, dropped


def merging(tokens: Sequence[tuple[int, ...]], width: int) -> NDArray[np.float32]:
    """Weights (word, token) that average each word over its tokens, as a matrix to multiply with from the left.

    A word without a token has weights 0.

    >>> merging([(0,), (1, 2)], 3)
    array([[1. , 0. , 0. ],
           [0. , 0.5, 0.5]], dtype=float32)
    """
    weights = np.zeros((len(tokens), width), dtype=np.float32)
    for row, places in enumerate(tokens):
        weights[row, list(places)] = 1 / max(1, len(places))
    return weights
