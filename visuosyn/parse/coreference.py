"""Coreferent words found by a model of fastcoref (optional: ``pip install 'visuosyn[coreference]'``).

The mentions are written into the words' MISC as CorefUD does (``Entity=(e1)``), where it can be read, corrected and
given back like the rest of a tree.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from visuosyn.corpus.conllu import with_comments
from visuosyn.data import Sentence
from visuosyn.errors import UserError

if TYPE_CHECKING:
    from fastcoref import FCoref

Mention = tuple[int, int]  # first word, word after the last
BATCH = 64


@dataclass(frozen=True, eq=False)
class Coreference:
    """A model that finds the mentions of one entity.

    >>> from types import SimpleNamespace
    >>> from visuosyn.parse import coreferent_pairs
    >>> from visuosyn.testing import sentence
    >>> class Fixed:  # stands for the model of load_coreference("biu-nlp/f-coref")
    ...     def predict(self, texts, is_split_into_words):
    ...         return [SimpleNamespace(get_clusters=lambda as_strings: [[(0, 2), (3, 4)]]) for _ in texts]
    >>> tree = sentence("a/DET/det/2 dog/NOUN/nsubj/3 licks/VERB/root/0 its/PRON/nmod:poss/5 paw/NOUN/obj/3")
    >>> marked, = Coreference("fixed", Fixed()).mark([tree])
    >>> [word.misc for word in marked.words], len(coreferent_pairs(marked))
    (['Entity=(e1', 'Entity=e1)', '', 'Entity=(e1)', ''], 1)
    """

    name: str
    model: FCoref = field(repr=False)

    def mark(self, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        """The sentences with their coreferent mentions in MISC; one that has ``Entity=`` already keeps its own."""
        stream = iter(sentences)
        while batch := list(islice(stream, BATCH)):
            wanted = [s for s in batch if s.words and not any("Entity=" in word.misc for word in s.words)]
            texts = [[word.text for word in sentence.words] for sentence in wanted]
            with _quiet():
                found = iter(self.model.predict(texts, is_split_into_words=True) if texts else ())
            for sentence in batch:
                asked = any(sentence is one for one in wanted)
                yield with_entities(sentence, next(found).get_clusters(as_strings=False)) if asked else sentence


def load_coreference(name: str) -> Coreference:
    """Load a model of fastcoref by its folder or by its id on the hub (``biu-nlp/f-coref``), as ``--model`` is.

    Raises UserError where the package is not installed or the model cannot be loaded.

    >>> load_coreference("/models/f-coref")  # a folder that is not there
    Traceback (most recent call last):
    visuosyn.errors.UserError: corefer...
    """
    try:
        with _quiet():
            from fastcoref import FCoref
            from fastcoref.coref_models.modeling_fcoref import FCorefModel
    except ImportError as error:
        raise UserError("coreferent words need fastcoref: pip install 'visuosyn[coreference]'") from error
    if not hasattr(FCorefModel, "all_tied_weights_keys"):  # transformers 5 asks every model; this one ties no weights
        FCorefModel.all_tied_weights_keys = {}
    try:
        with _quiet():
            return Coreference(name, FCoref(name, nlp=None, enable_progress_bar=False))
    except (OSError, ValueError, AttributeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"coreference model {name!r} cannot be loaded: {reason}") from error


def with_entities(sentence: Sentence, clusters: Iterable[Iterable[Mention | None]]) -> Sentence:
    """The sentence with the mentions of each entity in ``Entity=`` brackets; those with a single mention are left out.

    >>> from visuosyn.data import Word
    >>> dog = Sentence("c", "a dog licks its paw", tuple(Word(w, 0, 0) for w in "a dog licks its paw".split()))
    >>> [word.misc for word in with_entities(dog, [[(0, 2), (3, 4)]]).words]
    ['Entity=(e1', 'Entity=e1)', '', 'Entity=(e1)', '']
    """
    entities = [sorted({mention for mention in cluster if mention}) for cluster in clusters]
    entities = [mentions for mentions in entities if len(mentions) > 1]
    opened: list[list[tuple[int, str]]] = [[] for _ in sentence.words]
    closed: list[list[tuple[int, str]]] = [[] for _ in sentence.words]
    for number, mentions in enumerate(entities, 1):
        for start, end in mentions:
            single = end == start + 1
            opened[start].append((start - end, f"(e{number}" + ")" * single))  # the longest opens first
            if not single:
                closed[end - 1].append((-start, f"e{number})"))  # the shortest closes first
    brackets = ["".join(text for _, text in (*sorted(o), *sorted(c))) for o, c in zip(opened, closed, strict=True)]
    if not any(brackets):
        return sentence
    words = tuple(
        replace(word, misc="|".join(filter(None, (word.misc, text and f"Entity={text}"))))
        for word, text in zip(sentence.words, brackets, strict=True)
    )
    return with_comments(replace(sentence, words=words), **{"global.Entity": "eid"})


@contextmanager
def _quiet() -> Iterator[None]:
    """Fastcoref sets the root logger to log everything, of every library: undo that."""
    root, own = logging.getLogger(), logging.getLogger("fastcoref")
    level, handlers = root.level, root.handlers[:]
    own.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
