"""CoNLL-U, in and out, without loss: comments, all ten columns, multiword tokens, empty nodes, odd line ends.

The format: https://universaldependencies.org/format.html. Words get their character spans in the sentence's text
from ``# text``, which the words (and ``SpaceAfter=No``) must agree with; without ``# text`` it is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from visuosyn.corpus.source import LINE, CorpusFile, Entry, Fault, Reader, first_lines
from visuosyn.corpus.treelines import blocks, format_deps, key_value, parse, parse_deps
from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError

LIKELY = re.compile(r"\d+([-.]\d+)?\t\S|#\s*(sent_id|text|newdoc|newpar|global\.columns)\b")
SUFFIXES = (".conllu", ".conll")


def read(text: str, *, source: str = "<text>") -> Iterator[Sentence]:
    r"""The sentences of a CoNLL-U text; raises UserError ``source:line: reason`` at the first fault.

    >>> tree = "1\ta\ta\tDET\t_\t_\t2\tdet\t_\t_\n2\tcat\tcat\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
    >>> sentence = next(read(tree))
    >>> sentence.text, [(word.text, word.head, word.relation) for word in sentence.words]
    ('a cat', [('a', 1, 'det'), ('cat', -1, 'root')])
    """
    for line, raw in blocks(text):
        sentence, faults = parse(raw, line=line, file=source)
        for fault in faults:
            if not fault.note:
                raise UserError(str(fault))
        if sentence is not None:
            yield sentence


def write(sentences: Iterable[Sentence], *, spans: bool = False) -> str:
    """CoNLL-U text of sentences. One that was read and not changed since comes out byte for byte as it was.

    ``spans`` adds ``start_char`` and ``end_char`` to MISC, as Stanza does. Raises UserError where a field cannot
    stand in the format (a line break or a tab in it).
    """
    out: list[str] = []
    for sentence in sentences:
        unchanged = not spans and sentence.raw and parse(sentence.raw)[0] == sentence
        block = sentence.raw if unchanged else _compose(sentence, spans)
        if out:
            out[-1] = _closed(out[-1])
            block = block.removeprefix("\ufeff")
        out.append(block)
    return "".join(out)


def comment(sentence: Sentence, key: str) -> str:
    """The value of a sentence's comment ``# key = value``, "" if it has none."""
    return next((value for name, value in map(key_value, sentence.comments) if name == key), "")


def with_comments(sentence: Sentence, **values: str) -> Sentence:
    """The sentence with comments ``# key = value`` replaced, or added after the others."""
    comments = list(sentence.comments)
    for key, value in values.items():
        at = next((i for i, old in enumerate(comments) if key_value(old)[0] == key), len(comments))
        if at == len(comments) or key_value(comments[at])[1] != value:
            comments[at : at + 1] = [f"# {key} = {value}"]
    return replace(sentence, comments=tuple(comments))


def read_captions(source: CorpusFile) -> Iterator[Entry | Fault]:
    """Each sentence a caption: id from ``# sent_id``, further ids from ``# noise_id`` and ``# image_id``.

    The text is kept as it is, white space included, for the words' spans refer to it.
    """
    for line, raw in blocks(source.text):
        sentence, faults = parse(raw, line=line, file=str(source.path))
        yield from faults
        if sentence is not None:
            first = line + next(i for i, text in enumerate(LINE.findall(raw)) if text.strip())
            ids = {key: comment(sentence, key) for key in ("noise_id", "image_id")}
            yield Entry(sentence.text, first, id=sentence.id, sentence=sentence, **ids)


def _fits(source: CorpusFile) -> bool:
    return source.path.suffix.lower() in SUFFIXES or any(map(LIKELY.match, first_lines(source.text, 1)))


CONLLU = Reader(read_captions, _fits)


def _closed(block: str) -> str:
    """A block that ends in a blank line, which the last one of a file may lack."""
    ends = LINE.findall(block)
    if not ends[-1].endswith(("\n", "\r")):
        return block + "\n\n"
    return block if not ends[-1].strip() else block + "\n"


def _compose(sentence: Sentence, spans: bool) -> str:
    """The lines of a sentence from its fields."""
    if not sentence.words:
        raise UserError(f"sentence {sentence.id!r} has no words, so it cannot be written as CoNLL-U")
    facts = {"sent_id": sentence.id, "text": sentence.text}
    if sentence.parser or sentence.scheme != (comment(sentence, "scheme") or "ud"):
        facts |= {"parser": sentence.parser, "scheme": sentence.scheme}
    rows = [[line] for line in with_comments(sentence, **{k: v for k, v in facts.items() if v}).comments]
    before, after, inside = _extra_rows(sentence)
    rows += after.get(0, [])
    for position, word in enumerate(sentence.words):
        following = sentence.words[position + 1].start if position + 1 < len(sentence.words) else None
        misc = _misc(word, None if position in inside else following, spans)
        rows += [*before.get(position + 1, []), _cells(position, word, misc), *after.get(position + 1, [])]
    for row in rows:
        if bad := next((cell for cell in row if re.search(r"[\t\r\n]", cell)), None):
            raise UserError(f"sentence {sentence.id!r}: {bad!r} holds a tab or line break, so it cannot be CoNLL-U")
    return "\n".join("\t".join(row) for row in rows) + "\n\n"


def _extra_rows(sentence: Sentence) -> tuple[dict[int, list[list[str]]], dict[int, list[list[str]]], set[int]]:
    """Rows of multiword tokens by the word they stand before, of empty nodes by the word they stand after, and the
    positions of words that another word of the same token follows."""
    before: dict[int, list[list[str]]] = {}
    after: dict[int, list[list[str]]] = {}
    inside: set[int] = set()
    for token in sentence.extra:
        row = [token.id, token.text, *token.columns]
        if "-" in token.id:
            first, last = map(int, token.id.split("-"))
            before.setdefault(first, []).append(row)
            inside.update(range(first - 1, last))
        else:
            after.setdefault(int(token.id.split(".")[0]), []).append(row)
    return before, after, inside


def _cells(position: int, word: Word, misc: str) -> list[str]:
    deps = word.graph if word.graph and parse_deps(word.graph) == word.deps else format_deps(word.deps)
    head = "" if word.head is None else str(word.head + 1)
    cells = [
        str(position + 1),
        word.text,
        word.lemma,
        word.upos,
        word.xpos,
        word.feats,
        head,
        word.relation,
        deps,
        misc,
    ]
    return [cell or "_" for cell in cells]


def _misc(word: Word, following: int | None, spans: bool) -> str:
    """MISC with ``SpaceAfter=No`` as the spans say (``following``: where the next word starts, None: leave as is)."""
    parts = [part for part in word.misc.split("|") if part]
    if following is not None:
        parts = [part for part in parts if part != "SpaceAfter=No"] if following > word.end else parts
        if following == word.end and "SpaceAfter=No" not in parts:
            parts.append("SpaceAfter=No")
    if spans:
        parts = [part for part in parts if not part.startswith(("start_char=", "end_char="))]
        parts += [f"start_char={word.start}", f"end_char={word.end}"]
    return "|".join(parts)
