"""Stanza's models (optional: ``pip install 'visuosyn[stanza]'``). They speak Universal Dependencies in 70 languages.

Nothing is downloaded here: ``python -c "import stanza; stanza.download('en')"`` does that, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from visuosyn.data import ExtraToken, Sentence
from visuosyn.errors import UserError
from visuosyn.parse.analysis import Analysis, one_tree
from visuosyn.parse.tree import TaggedWord

if TYPE_CHECKING:
    from stanza import Document, Pipeline

PREFIX = "stanza:"
PROCESSORS = ("tokenize", "mwt", "pos", "lemma", "depparse")


@dataclass(frozen=True, eq=False)
class StanzaModel:
    """Stanza's pipeline of a language as a ``Library``."""

    name: str
    version: str
    nlp: Pipeline = field(repr=False)

    def analyse(self, texts: Sequence[str], *, batch_size: int) -> Iterator[Analysis]:
        """Analyse texts with Stanza's own words."""
        return map(analysis_of, self.nlp.bulk_process(list(texts)))

    def analyse_words(self, sentences: Sequence[Sentence], *, batch_size: int) -> Iterator[Analysis]:
        """Analyse given words: the document is built of them, and the tokenizer left out."""
        for sentence in sentences:
            document = self.nlp.process(given_document(sentence), processors=list(PROCESSORS[2:]))
            yield analysis_of(document)._replace(spans=[(word.start, word.end) for word in sentence.words], extra=())


def load_stanza(name: str) -> StanzaModel:
    """Load Stanza's pipeline for ``stanza:LANGUAGE``; UserError where the package or the model is missing."""
    language = name.removeprefix(PREFIX)
    try:
        import stanza
    except ImportError as error:
        raise UserError(f"parser {name!r} needs Stanza: pip install 'visuosyn[stanza]'") from error
    available = ", ".join(PROCESSORS)
    try:
        nlp = stanza.Pipeline(language, processors=",".join(PROCESSORS), download_method=None, verbose=False)
    except (OSError, ValueError, KeyError, stanza.pipeline.core.PipelineRequirementsException) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"parser {name!r} cannot be loaded ({reason}); it needs Stanza's models ({available}) on this machine: "
            f'python -c "import stanza; stanza.download({language!r})"'
        ) from error
    return StanzaModel(name, stanza.__version__, nlp)


def analysis_of(document: Document) -> Analysis:
    """What Stanza says of a text: its sentences as one tree, its multiword tokens as such."""
    tokens: list[TaggedWord] = []
    spans, heads, labels, feats, extra = [], [], [], [], []
    for sentence in document.sentences:
        first = len(tokens)
        for token in sentence.tokens:
            span = (token.start_char or 0, token.end_char or 0)
            own = _spans_inside(token, span)
            if len(token.words) > 1:
                begin = len(tokens) + 1
                id = f"{begin}-{begin + len(token.words) - 1}"
                extra.append(ExtraToken(id, token.text, ("_",) * 8, *span))
            for word, place in zip(token.words, own, strict=True):
                tokens.append(TaggedWord(word.text, word.lemma or "", word.upos or "", word.xpos or ""))
                spans.append(place)
                heads.append(first + word.head - 1 if word.head else -1)
                labels.append(word.deprel or "")
                feats.append(word.feats or "")
    return Analysis(tokens, spans, *one_tree(heads, labels), feats, tuple(extra))


def given_document(sentence: Sentence) -> Document:
    """A Stanza document of one sentence with given words."""
    from stanza import Document

    words = [
        {"id": at, "text": word.text, "start_char": word.start, "end_char": word.end}
        for at, word in enumerate(sentence.words, 1)
    ]
    return Document([words], text=sentence.text)


def _spans_inside(token: Any, span: tuple[int, int]) -> list[tuple[int, int]]:
    """Spans of a token's words: their own if they spell it, else each the whole token's."""
    texts = [word.text for word in token.words]
    if "".join(texts) != token.text:
        return [span] * len(texts)
    ends = [span[0] + sum(map(len, texts[:at])) for at in range(len(texts) + 1)]
    return list(pairwise(ends))
