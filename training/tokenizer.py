"""A byte-level CLIP tokenizer for a small vocabulary: one token a word, except a few words kept in pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

MAX_LENGTH = 32
END = "</w>"
IN_PIECES = frozenset({"bicycle", "elephant", "giraffe", "umbrella"})
"""Words that stay in two tokens, so that studies have sub-words to merge."""


def build(words: Iterable[str]) -> CLIPTokenizer:
    """A tokenizer with one token for each of `words` (lower case), bytes for everything else, at most 32 tokens.

    >>> build(["a", "cat", "giraffe"]).tokenize("A giraffe, a cat!")
    ['a</w>', 'giraff', 'e</w>', ',</w>', 'a</w>', 'cat</w>', '!</w>']
    """
    alphabet = sorted(ByteLevel.alphabet())
    merges: dict[tuple[str, str], None] = {}
    for word in sorted(set(words), key=lambda word: (word in IN_PIECES, len(word), word)):
        _learn(word, merges, pieces=2 if word in IN_PIECES else 1)
    joined = ["".join(pair) for pair in merges]
    tokens = [*alphabet, *(letter + END for letter in alphabet), *joined, "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=list(merges), model_max_length=MAX_LENGTH)


def encode(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> list[list[int]]:
    """Token ids of every caption, padded and cut to the tokenizer's length as the pipeline does it."""
    length = tokenizer.model_max_length
    encoded = tokenizer(list(captions), padding="max_length", max_length=length, truncation=True)
    ids: list[list[int]] = encoded.input_ids
    return ids


def word_tokens(tokenizer: CLIPTokenizer, words: Sequence[str]) -> list[int]:
    """The first token of each word."""
    return [ids[1] for ids in encode(tokenizer, words)]


def _learn(word: str, merges: dict[tuple[str, str], None], *, pieces: int) -> None:
    """Add merges until the present ones leave no more than `pieces` tokens of the word."""
    letters = _merge([*word[:-1], word[-1] + END], merges)
    while len(letters) > pieces:
        merges.setdefault((letters[0], letters[1]))
        letters = _merge(letters, merges)


def _merge(letters: list[str], merges: dict[tuple[str, str], None]) -> list[str]:
    """Byte-pair encoding: apply the earliest merge that fits until none does."""
    rank = {pair: index for index, pair in enumerate(merges)}
    while len(letters) > 1:
        pairs = list(itertools.pairwise(letters))
        best = min(pairs, key=lambda pair: rank.get(pair, len(rank)))
        if best not in rank:
            break
        letters = _replace(letters, best)
    return letters


def _replace(letters: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    for letter in letters:
        if joined and (joined[-1], letter) == pair:
            joined[-1] += letter
        else:
            joined.append(letter)
    return joined
