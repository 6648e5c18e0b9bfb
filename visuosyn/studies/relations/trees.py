"""The captions of a study with their trees: parsed or given, with coreferent words and swapped captions if asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from visuosyn.corpus import Corpus, conllu
from visuosyn.errors import UserError
from visuosyn.parse import DEFAULT, GIVEN, Parser, load_coreference, load_parser, load_scheme, rebuild, with_swapped
from visuosyn.studies.parsing import write_trees


def parser_for(
    corpus: Corpus, name: str = DEFAULT, *, scheme: str = "ud", collapse_prepositions: bool = False
) -> Parser | None:
    """The parser that a corpus needs: none where every caption brings its tree, nor for the name "given".

    Raises UserError where a caption has no tree and the name is "given", or where prepositions are to be collapsed
    in given trees, which are kept as they are.
    """
    missing = next((caption for caption in corpus if caption.sentence is None), None)
    if name == GIVEN:
        if missing is not None:
            raise UserError(f"parser 'given' needs trees, and caption {missing.id!r} of {corpus.path} brings none")
        return None
    if missing is not None:
        return load_parser(name, scheme=scheme, collapse_prepositions=collapse_prepositions)
    if collapse_prepositions:
        raise UserError(
            f"the trees of {corpus.path} are given and kept as they are: add --parser given (parser='given') to "
            "rebuild their enhanced graphs with prepositions collapsed"
        )
    return None


def with_trees(
    corpus: Corpus,
    parser: Parser | None,
    *,
    name: str = DEFAULT,
    collapse_prepositions: bool = False,
    coreference: str = "",
    swapped: Sequence[str] = (),
) -> Corpus:
    """The corpus as it will be drawn.

    The parser named "given" rebuilds the graphs of given trees; ``coreference`` names a model that marks coreferent
    words (``Entity=`` in MISC); ``swapped`` adds, for each pair in one of these relations, the caption with the two
    words exchanged. Without any of these the corpus stays as it is, and is parsed when it is needed.
    """
    if name != GIVEN and not coreference and not swapped:
        return corpus
    sentences = parser.parse(corpus) if parser else (caption.sentence for caption in corpus if caption.sentence)
    if name == GIVEN:
        sentences = (rebuild(sentence, collapse_prepositions=collapse_prepositions) for sentence in sentences)
    if coreference:
        sentences = load_coreference(coreference).mark(sentences)
    captions = [replace(c, sentence=s) for c, s in zip(corpus, sentences, strict=True)]
    return replace(corpus, captions=tuple(with_swapped(captions, swapped) if swapped else captions))


def parse_corpus(
    corpus: Corpus,
    out: str | Path,
    *,
    parser: str = DEFAULT,
    scheme: str = "ud",
    collapse_prepositions: bool = False,
    coreference: str = "",
    swapped: Sequence[str] = (),
) -> int:
    r"""Write the trees of a corpus as CoNLL-U and give their number; captions that bring a tree keep it.

    Options as in ``with_trees``. Raises UserError as ``parser_for`` does.

    >>> from pathlib import Path
    >>> from visuosyn.corpus import read_corpus
    >>> _ = Path("captions.txt").write_text("a red cat\na dog\n")
    >>> number = parse_corpus(read_corpus("captions.txt"), "trees.conllu")
    >>> again = read_corpus("trees.conllu")
    >>> number, again.format, [word.upos for word in again.captions[0].sentence.words]
    (2, 'conllu', ['DET', 'ADJ', 'NOUN'])
    """
    needed = parser_for(corpus, parser, scheme=scheme, collapse_prepositions=collapse_prepositions)
    whole = with_trees(
        corpus, needed, name=parser, collapse_prepositions=collapse_prepositions, coreference=coreference,
        swapped=swapped,
    )  # fmt: skip
    write_trees(Path(out), whole, needed)
    return len(whole)


def scheme_of(corpus: Corpus, parser: Parser | None, *, default: str) -> str:
    """The scheme of a corpus's trees: what given trees say in ``# scheme``, else ``default``, and the parser's.

    Raises UserError where they are of several schemes, or of one that is not known.
    """
    given = {conllu.comment(c.sentence, "scheme") or default for c in corpus if c.sentence}
    found = sorted(given | ({parser.scheme} if parser else set())) or [default]
    if len(found) > 1:
        raise UserError(
            f"the trees of {corpus.path} are of several schemes ({', '.join(found)}): study those of one at a time"
        )
    return load_scheme(found[0]).name
