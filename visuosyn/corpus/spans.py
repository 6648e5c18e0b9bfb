"""Where the words of a tree stand in the sentence's text."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[int, int]


def join(forms: Sequence[str], glued: Sequence[bool]) -> str:
    """The text that the words spell: a blank after each that is not glued to the next.

    >>> join(["a", "cat", "."], [False, True, False])
    'a cat.'
    """
    return "".join(form + ("" if tight else " ") for form, tight in zip(forms, glued, strict=True)).rstrip()


def align(forms: Sequence[str], glued: Sequence[bool], text: str) -> tuple[list[Span], list[tuple[int, str, bool]]]:
    """Character spans of words in a text, in order, with nothing but white space between them.

    ``glued`` says which word has ``SpaceAfter=No``. Also returns what does not agree, as (number of the word,
    reason, whether it is a mere note). Spans end before a word that does not match.

    >>> align(["a", "cat", "."], [False, True, False], "a cat.")
    ([(0, 1), (2, 5), (5, 6)], [])
    """
    spans: list[Span] = []
    problems: list[tuple[int, str, bool]] = []
    loose: list[int] = []
    at = 0
    for number, form in enumerate(forms):
        start = at + len(text[at:]) - len(text[at:].lstrip())
        if not text.startswith(form, start):
            there = repr(text[start : start + 20]) if start < len(text) else "its end"
            return spans, [*problems, (number, f"{form!r} does not match # text, which has {there} there", False)]
        if number and glued[number - 1] and start > at:
            problems.append(
                (number - 1, f"SpaceAfter=No after {forms[number - 1]!r}, but # text has a blank there", False)
            )
        elif number and not glued[number - 1] and start == at:
            loose.append(number - 1)
        at = start + len(form)
        spans.append((start, at))
    if text[at:].strip():
        problems.append((len(forms) - 1, f"# text goes on after the last word: {text[at:].strip()[:20]!r}", False))
    if loose:
        words = ", ".join(repr(forms[number]) for number in loose[:5])
        problems.append((loose[0], f"no SpaceAfter=No after {words}, where # text has no blank", True))
    return spans, problems
