"""A caption and its words: the frozen types of the syntactic side.

A *position* is a word's 0-based place in its sentence; a *row* is its place in ``HeatMaps.array``. They differ
only when a word could not be traced.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from visuosyn.data.shown import ShowsItself


@dataclass(frozen=True)
class Word:
    """A word of a prompt, by its character span in the exact text that was encoded.

    ``index`` is the position in a ``Sentence`` and the row in a ``HeatMaps``; ``None`` if not traced. ``head`` is the
    position of the syntactic head (-1: root; ``None``: not parsed), ``relation`` the label of that edge, ``deps`` the
    enhanced graph's edges as (head position, label), empty where there is none. ``graph`` is the DEPS column as a tree
    file had it, kept only where ``deps`` cannot say it (heads that are empty nodes). Words of one multiword token that
    do not spell it ("du" = "de" + "le") all have the span of the whole token.

    >>> cat = Word("cat", 2, 5, index=1, upos="NOUN", head=-1, relation="root")
    >>> "a cat"[cat.start : cat.end]
    'cat'
    """

    text: str
    start: int
    end: int
    index: int | None = None
    lemma: str = ""
    upos: str = ""
    xpos: str = ""
    head: int | None = None
    relation: str = ""
    deps: tuple[tuple[int, str], ...] = ()
    feats: str = ""
    misc: str = ""
    graph: str = ""


@dataclass(frozen=True)
class ExtraToken:
    r"""A line of a tree file that is not a word: a multiword token (``id`` "3-4", with its character span) or an
    empty node ("8.1", without). ``columns`` are its last eight columns, LEMMA to MISC, as the file has them.

    >>> from visuosyn.corpus.conllu import read
    >>> rows = ("1-2 du _ _ _ _ _ _ _ _", "1 de de ADP _ _ 0 root _ _", "2 le le DET _ _ 1 det _ _")
    >>> sentence, = read("\n".join(rows).replace(" ", "\t"))
    >>> [(token.id, token.text, token.start, token.end) for token in sentence.extra]
    [('1-2', 'du', 0, 2)]
    """

    id: str
    text: str
    columns: tuple[str, ...]
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Sentence(ShowsItself):
    """A caption with its words and their tree. ``scheme`` is "ud" or "clear"; ``parser`` says who made it.

    Read from a tree file, ``comments`` are its comment lines, ``extra`` its multiword tokens and empty nodes, and
    ``raw`` the very lines it was read from (so that an unchanged sentence is written back byte for byte).

    >>> sentence = Sentence("1", "a cat", (Word("a", 0, 1, 0, head=1, relation="det"), Word("cat", 2, 5, 1, head=-1)))
    >>> sentence.words[sentence.words[0].head].text
    'cat'
    """

    id: str
    text: str
    words: tuple[Word, ...]
    scheme: str = "ud"
    parser: str = ""
    comments: tuple[str, ...] = ()
    extra: tuple[ExtraToken, ...] = ()
    raw: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Caption:
    """One line of a corpus. ``source`` is ``file:line``; ``sentence`` a given tree; ``noise_id`` the id that
    the noise depends on (the caption's own, unless a minimal-pair set shares one).

    >>> Caption("1", "a cat", source="captions.txt:1").text
    'a cat'
    """

    id: str
    text: str
    source: str = ""
    noise_id: str = ""
    image_id: str = ""
    sentence: Sentence | None = None


@dataclass(frozen=True)
class WordPair:
    """Two words of one sentence by position. ``kind`` is "related" or "unrelated", or one of the classes that stand
    beside these: "matched", "path-2", "repeat", "coreferent", "swapped" (see ``visuosyn.parse``). ``edge`` is
    "basic", "enhanced" (an edge that only the enhanced graph has) or "" for a pair without an edge.

    >>> WordPair(head=1, dependent=0, relation="det")
    WordPair(head=1, dependent=0, relation='det', kind='related', edge='basic')
    """

    head: int
    dependent: int
    relation: str
    kind: str = "related"
    edge: str = "basic"
