"""What could not be measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dropped:
    """Something that could not be measured, with the reason; ``what`` is "caption", "image", "word" or "pair".

    >>> Dropped("word", "c7", "umbrella", "past the model's limit of 77 tokens", seed=0).reason
    "past the model's limit of 77 tokens"
    """

    what: str
    caption_id: str
    text: str
    reason: str
    seed: int | None = None
