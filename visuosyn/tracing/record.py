"""What is kept of one image: sums per token, from which heat maps are made once the words are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data import AttentionSlice, Dropped, HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, align, merging, split_words

BLACKENED = "blackened by the model's safety checker"


@dataclass(frozen=True)
class Slice:
    """What is summed up together; as in ``AttentionSlice``. ``step`` and ``layer`` only on request."""

    stage: str
    grid: tuple[int, int]
    phase: int
    step: int | None = None
    layer: str | None = None


@dataclass(frozen=True, eq=False)
class Record:
    """One image. ``sums``: per slice float32 (token, query), or (head, token, query) where heads are kept apart, and
    how many maps were added; ``states``: the tokens' text states, float32 (token, channel);
    ``blackened``: the safety checker put a black image in the place of what was drawn."""

    encoding: Encoding
    sums: Sequence[tuple[Slice, NDArray[np.float32], int]]
    states: NDArray[np.float32]
    grid: tuple[int, int]
    steps: int
    image: Any
    blackened: bool = False

    def heat_maps(self, sentence: Sentence | None = None) -> HeatMaps:
        """Maps of the words of a sentence, or of ``split_words`` where there is none."""
        text = self.encoding.text
        sentence = Sentence("", text, split_words(text)) if sentence is None else sentence
        if sentence.text != text:
            raise UserError(f"the sentence {sentence.text!r} is not the prompt that was drawn: {text!r}")
        found, dropped = align(sentence.words, self.encoding)
        lost = [Dropped("word", sentence.id, word.text, reason) for word, reason in dropped]
        if self.blackened:
            lost.append(Dropped("image", sentence.id, text, BLACKENED))
        tokens = [places for _, places in found]
        weights = merging(tokens, self.encoding.kept)
        return HeatMaps(
            prompt=text,
            words=tuple(replace(word, index=row) for row, (word, _) in enumerate(found)),
            slices=tuple(part for key, sums, count in self.sums for part in _parts(key, sums, count, weights)),
            grid=self.grid,
            steps=self.steps,
            tokens=tuple(map(len, tokens)),
            cosines=_cosines(weights @ self.states),
            dropped=tuple(lost),
            image=self.image,
            caption_id=sentence.id,
        )


def _parts(key: Slice, sums: NDArray[np.float32], count: int, weights: NDArray[np.float32]) -> Iterator[AttentionSlice]:
    """Word maps of one slice: one part, or one a head where heads were kept apart."""
    heads: Sequence[tuple[int | None, NDArray[np.float32]]] = [(None, sums)] if sums.ndim == 2 else [*enumerate(sums)]
    for head, array in heads:
        yield AttentionSlice(sums=(weights @ array).reshape(-1, *key.grid), count=count, head=head, **vars(key))


def _cosines(states: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines (word, word) of the words' mean text states."""
    norms = np.linalg.norm(states, axis=1, keepdims=True)
    unit = states / np.maximum(norms, np.finfo(np.float32).tiny)
    return np.clip(unit @ unit.T, -1, 1)
