"""Words and tokens meet by the characters of the original string."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.data import Word
from visuosyn.errors import UserError
from visuosyn.testing import toy_tokenizer
from visuosyn.tracing.align import Encoding, align, encode, split_words


def texts(words: Any) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red ball.", ["a", "red", "ball", "."]),
        ("The cat's 3 well-lit hats...", ["The", "cat's", "3", "well-lit", "hats", ".", ".", "."]),
        ("don’t - 'quote'", ["don’t", "-", "'", "quote", "'"]),
        ("Ærø, naïve cafe\u0301 שלום नमस्ते", ["Ærø", ",", "naïve", "cafe\u0301", "שלום", "नमस्ते"]),
        ("a\t b\n", ["a", "b"]),
        ("", []),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert texts(split_words(text)) == words


@given(st.text())
def test_split_words_covers_each_character_once(text: str) -> None:
    words = split_words(text)
    assert [w.index for w in words] == list(range(len(words)))
    assert all(w.text == text[w.start : w.end] and w.start < w.end for w in words)
    covered = [i for w in words for i in range(w.start, w.end)]
    assert covered == sorted(set(covered))
    assert all(text[i].isspace() for i in set(range(len(text))) - set(covered))


TOKENIZER = toy_tokenizer()
THUMB = "\U0001f44d\U0001f3fd"


def pieces(text: str) -> dict[str, list[str]]:
    """The tokens that each word of a text meets."""
    encoding = encode(TOKENIZER, text)
    found, dropped = align(split_words(text), encoding)
    assert not dropped
    ids = TOKENIZER(text).input_ids[encoding.first :]
    return {word.text: TOKENIZER.convert_ids_to_tokens([ids[i] for i in tokens]) for word, tokens in found}


def test_tokens_of_words() -> None:
    assert pieces("a Red, skateboarder") == {
        "a": ["a</w>"],
        "Red": ["red</w>"],  # lower-cased by the tokenizer
        ",": [",</w>"],
        "skateboarder": ["skat", "e", "boar", "d", "er</w>"],
    }
    assert pieces("the cat's") == {"the": ["the</w>"], "cat's": ["cat</w>", "'", "s</w>"]}


@pytest.mark.parametrize(
    "text", ["cafe\u0301 cat", "caf\u00e9 cat", "\u0130 cat", "\ufb01 cat", f"{THUMB} cat", "  \t cat"]
)
def test_offsets_are_those_of_the_original_string(text: str) -> None:
    """The tokenizer composes, lower-cases and squeezes; spans still count the characters that came in."""
    encoding = encode(TOKENIZER, text)
    assert text[slice(*encoding.spans[-1])] == "cat"
    covered = {i for start, end in encoding.spans for i in range(start, end)}
    assert all(text[i].isspace() or unicodedata.combining(text[i]) for i in set(range(len(text))) - covered)


def test_a_token_over_two_words_counts_for_both() -> None:
    encoding = Encoding("don't", ((0, 3), (3, 5)), first=1, kept=2, limit=77)
    found, dropped = align([Word("do", 0, 2), Word("n't", 2, 5)], encoding)
    assert [tokens for _, tokens in found] == [(0,), (0, 1)]
    assert dropped == []


@given(st.lists(st.sampled_from(["a", "cat", "skateboarder", "zebra", "Ünï", ","]), max_size=60), st.integers(3, 77))
def test_every_word_is_found_or_dropped_with_a_reason(words: list[str], limit: int) -> None:
    text = " ".join(words)
    encoding = encode(toy_tokenizer(limit), text)
    found, dropped = align(split_words(text), encoding)
    assert texts(word for word, _ in found) + texts(word for word, _ in dropped) == words
    assert {reason for _, reason in dropped} <= {f"past the model's limit of {limit} tokens"}
    assert [i for _, tokens in found for i in tokens] == list(range(sum(len(tokens) for _, tokens in found)))
    # what is kept is what the model reads: the same ids as a truncated encoding has between its special tokens
    whole = TOKENIZER(text).input_ids[1:-1]
    assert toy_tokenizer(limit)(text, truncation=True, max_length=limit).input_ids[1:-1] == whole[: encoding.kept]


def test_a_slow_tokenizer_is_refused() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(UserError, match="Slow does not report the characters"):
        encode(Slow(), "a cat")
