"""What is recorded of one image: sums for each token, from which heat maps are made once the words are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data import AttentionSlice, Dropped, HeatMaps, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, align, merging, split_words

BLACKENED = "blackened by the model's safety checker"


@dataclass(frozen=True)
class SliceKey:
    """What is summed up together; as in ``AttentionSlice``. ``step`` and ``layer`` only on request."""

    stage: str
    grid: tuple[int, int]
    phase: int
    step: int | None = None
    layer: str | None = None
    encoder: str | None = None


@dataclass(frozen=True, eq=False)
class Record:
    """One image. ``encodings``: its text, once for each text encoder; ``sums``: for each slice float32 (token, query),
    or (head, token, query) where heads are kept apart, and how many maps were added; ``states``: for each encoder the
    tokens' text states, float32 (token, channel); ``blackened``: the safety checker replaced the image by a black one.
    """

    encodings: tuple[Encoding, ...]
    sums: Sequence[tuple[SliceKey, NDArray[np.float32], int]]
    states: tuple[NDArray[np.float32], ...]
    grid: tuple[int, int]
    steps: int
    image: Any
    blackened: bool = False

    def heat_maps(self, sentence: Sentence | None = None) -> HeatMaps:
        """Maps of the words of a sentence, or of ``split_words`` where there is none.

        A word is traced where any encoder reads it; those that do not read it give it no attention. The default map is
        the mean over encoders, as over heads and layers, so each encoder counts the same.
        """
        text = self.encodings[0].text
        sentence = Sentence("", text, split_words(text)) if sentence is None else sentence
        if sentence.text != text:
            raise UserError(f"the sentence {sentence.text!r} is not the prompt that was drawn: {text!r}")
        words, places, lost = _aligned(sentence, self.encodings)
        if self.blackened:
            lost.append(Dropped("image", sentence.id, text, BLACKENED))
        weights = {
            encoding.encoder: merging(tokens, encoding.kept)
            for encoding, tokens in zip(self.encodings, places, strict=True)
        }
        return HeatMaps(
            prompt=text,
            words=tuple(replace(word, index=row) for row, word in enumerate(words)),
            slices=tuple(
                one for key, sums, count in self.sums for one in _slices(key, sums, count, weights[key.encoder])
            ),
            grid=self.grid,
            steps=self.steps,
            tokens=tuple(sum(map(len, each)) for each in zip(*places, strict=True)),
            cosines=_cosines([one @ states for one, states in zip(weights.values(), self.states, strict=True)]),
            dropped=tuple(lost),
            image=self.image,
            caption_id=sentence.id,
        )


def _aligned(
    sentence: Sentence, encodings: Sequence[Encoding]
) -> tuple[list[Word], list[list[tuple[int, ...]]], list[Dropped]]:
    """The words that any encoder reads; for each encoder their tokens in it, none where it does not read the word; and
    the words that none reads, with the reason of the encoder that reads the longest texts."""
    aligned = [align(sentence.words, encoding) for encoding in encodings]
    read = [dict(found) for found, _ in aligned]
    words = [word for word in sentence.words if any(word in one for one in read)]
    places = [[one.get(word, ()) for word in words] for one in read]
    longest = max(range(len(encodings)), key=lambda at: encodings[at].limit)
    missing = [(word, reason) for word, reason in aligned[longest][1] if not any(word in one for one in read)]
    return words, places, [Dropped("word", sentence.id, word.text, reason) for word, reason in missing]


def _slices(
    key: SliceKey, sums: NDArray[np.float32], count: int, weights: NDArray[np.float32]
) -> Iterator[AttentionSlice]:
    """Word maps from token maps: one slice, or one for each head where heads were kept apart."""
    heads: Sequence[tuple[int | None, NDArray[np.float32]]] = [(None, sums)] if sums.ndim == 2 else [*enumerate(sums)]
    for head, array in heads:
        yield AttentionSlice(sums=(weights @ array).reshape(-1, *key.grid), count=count, head=head, **vars(key))


def _cosines(states: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Cosines (word, word) of the words' mean text states, (word, channel) for each encoder: the mean over those
    encoders that read both words, NaN where there is none."""
    cosines, shared = [], []
    for each in states:
        norms = np.linalg.norm(each, axis=1, keepdims=True)
        unit = each / np.maximum(norms, np.finfo(np.float32).tiny)
        cosines.append(np.clip(unit @ unit.T, -1, 1))
        shared.append((norms > 0) & (norms.T > 0))
    count = np.sum(shared, axis=0, dtype=np.float32)
    mean: NDArray[np.float32] = np.where(count > 0, np.sum(cosines, axis=0) / np.maximum(count, 1), np.float32(np.nan))
    return mean
