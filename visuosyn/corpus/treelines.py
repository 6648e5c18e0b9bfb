"""One sentence of a CoNLL-U file: its lines in, a ``Sentence`` or all that is wrong with them out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from visuosyn.corpus.source import LINE, Fault, lines
from visuosyn.corpus.spans import align, join
from visuosyn.data import ExtraToken, Sentence, Word

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
POSITIVE = "[1-9][0-9]{0,8}"
WORD = re.compile(POSITIVE)
HEAD = re.compile(f"0|{POSITIVE}")
RANGE = re.compile(f"({POSITIVE})-({POSITIVE})")
EMPTY = re.compile(rf"(0|{POSITIVE})\.({POSITIVE})")
EDGE = re.compile(rf"((?:0|{POSITIVE})(?:\.{POSITIVE})?):\S+")
PLACE = re.compile(r"(?:^|\|)(start|end)_char=([0-9]{1,9})(?=\||$)")
COMMENT = re.compile(r"#\s*([^=]*[^=\s])\s*=\s?(.*?)\s*")


@dataclass(frozen=True)
class Row:
    """A line with ten columns, or one that is a fault already (not ``whole``) and keeps its place by ``id``."""

    line: int
    id: str
    cells: list[str]

    @property
    def whole(self) -> bool:
        """Ten columns, none empty."""
        return len(self.cells) == len(COLUMNS) and all(self.cells)


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Cut a file after the blank lines that end a sentence: number of the first line, the lines as they are."""
    start = 1
    block: list[str] = []
    begun = ended = False
    for number, line in enumerate(LINE.findall(text), 1):
        blank = not line.strip("\ufeff \t\r\n")
        if ended and not blank:
            yield start, "".join(block)
            start, block, begun = number, [], False
        block.append(line)
        begun = begun or not blank
        ended = begun and blank
    if block:
        yield start, "".join(block)


def key_value(comment: str) -> tuple[str, str]:
    """``# key = value`` taken apart; ("", "") for other comments."""
    match = COMMENT.fullmatch(comment)
    return (match[1], match[2]) if match else ("", "")


def parse(raw: str, *, line: int = 1, file: str = "<text>") -> tuple[Sentence | None, list[Fault]]:
    """The sentence in the lines of one block (None if they hold a fault or nothing), and all faults and notes."""
    comments, rows, faults = _split(raw, line, file)
    if not rows:
        reason = "comments without a sentence after them"
        return None, [*faults, Fault(file, line, reason)] if comments else faults
    faults += _id_faults(rows, file)
    if not faults:
        faults += _tree_faults(rows, file)
    elif all(fault.line in {row.line for row in rows if not row.whole} for fault in faults):
        faults += _head_faults(rows, file)
    rows = [row for row in rows if row.whole]
    if any(not fault.note for fault in faults):
        return None, faults
    sentence, remarks = _build(comments, rows, file)
    faults += remarks
    return (None if any(not fault.note for fault in remarks) else replace(sentence, raw=raw)), faults


def parse_deps(cell: str) -> tuple[tuple[int, str], ...]:
    """The DEPS column as (head position, label); edges from empty nodes, which have no position, are left out."""
    edges = [] if cell in ("_", "") else [edge.split(":", 1) for edge in cell.split("|")]
    return tuple((int(head) - 1, label) for head, label in edges if "." not in head)


def format_deps(edges: Sequence[tuple[int, str]]) -> str:
    """(head position, label) as the DEPS column; "_" for none."""
    return "|".join(f"{head + 1}:{label}" for head, label in edges) or "_"


def _split(raw: str, line: int, file: str) -> tuple[list[str], list[Row], list[Fault]]:
    """Comments, rows, and faults in how the lines are made."""
    comments: list[str] = []
    rows: list[Row] = []
    faults = []
    for number, text in enumerate(lines(raw.removeprefix("\ufeff")), line):
        if not text.strip():
            continue
        if text.startswith("#"):
            comments.append(text)
            if rows:
                faults.append(Fault(file, number, "a comment inside a sentence: comments stand before it"))
            continue
        row = _row(number, text, rows)
        rows.append(row)
        if len(row.cells) != len(COLUMNS):
            count = f"{len(row.cells)} field{'s' if len(row.cells) > 1 else ''}"
            faults.append(Fault(file, number, f"{count} instead of {len(COLUMNS)} separated by tabs"))
        elif not row.whole:
            empty = ", ".join(name for name, cell in zip(COLUMNS, row.cells, strict=True) if not cell)
            faults.append(Fault(file, number, f"{empty} is empty: write _ for nothing"))
    return comments, rows, faults


def _row(number: int, text: str, before: Sequence[Row]) -> Row:
    """A row; if not whole, its id is what it begins with or the next number, so that no other row is reported."""
    row = Row(number, text.split("\t")[0], text.split("\t"))
    if row.whole:
        return row
    begins = re.match(rf"{POSITIVE}([-.]{POSITIVE})?(?!\S)", text)
    due = next((int(other.id) for other in reversed(before) if WORD.fullmatch(other.id)), 0) + 1
    return replace(row, id=begins[0] if begins else str(due))


def _id_faults(rows: Sequence[Row], file: str) -> Iterator[Fault]:
    """Words count 1, 2, ...; a range stands before its first word, an empty node i.j after word i."""
    last_word = max((int(row.id) for row in rows if WORD.fullmatch(row.id)), default=0)
    word = part = range_end = 0
    for row in rows:
        if WORD.fullmatch(row.id):
            if int(row.id) != word + 1:
                yield Fault(file, row.line, f"id {row.id} where {word + 1} was due")
            word, part = int(row.id), 0
        elif match := RANGE.fullmatch(row.id):
            first, last = int(match[1]), int(match[2])
            if not (first == word + 1 > range_end and first < last <= last_word):
                yield Fault(
                    file,
                    row.line,
                    f"multiword id {row.id} does not fit: it must stand before word {first}, "
                    f"end at a later word and not overlap another",
                )
            range_end = last
        elif match := EMPTY.fullmatch(row.id):
            part += 1
            if (int(match[1]), int(match[2])) != (word, part):
                yield Fault(file, row.line, f"empty node {row.id} where {word}.{part} was due")
        else:
            yield Fault(file, row.line, f"id {row.id[:20]!r} is no word (3), multiword token (3-4) or empty node (8.1)")
            word += not re.search("[-.]", row.id)  # it stands in a word's place: do not blame the next one
    if not last_word:
        yield Fault(file, rows[0].line, "a sentence without words")


def _head_faults(rows: Sequence[Row], file: str) -> Iterator[Fault]:
    """Heads and enhanced heads are there, are numbers and in range."""
    words = {row.id: row for row in rows if WORD.fullmatch(row.id)}
    nodes = {"0", *(row.id for row in rows if not RANGE.fullmatch(row.id))}
    parsed = any(row.whole and row.cells[6] != "_" for row in words.values())
    for row in filter(lambda row: row.whole and not RANGE.fullmatch(row.id), rows):
        head, form = row.cells[6], f"word {row.id} {row.cells[1]!r}"
        if head == "_":
            if parsed and row.id in words:
                yield Fault(file, row.line, f"{form} has no head")
        elif not HEAD.fullmatch(head):
            yield Fault(file, row.line, f"{form}: head {head[:20]!r} is no number")
        elif int(head) > len(words):
            yield Fault(file, row.line, f"{form}: head {head} is out of range, the sentence has {len(words)} words")
        elif head == row.id:
            yield Fault(file, row.line, f"{form} is its own head")
        for edge in [] if row.cells[8] == "_" else row.cells[8].split("|"):
            match = EDGE.fullmatch(edge)
            if not match:
                yield Fault(file, row.line, f"{form}: {edge!r} in DEPS is not head:label")
            elif match[1] not in nodes:
                yield Fault(file, row.line, f"{form}: head {match[1]} in DEPS is out of range, there is no such node")


def _tree_faults(rows: Sequence[Row], file: str) -> list[Fault]:
    """Head faults; if there are none: no root, several roots (a note), cycles, no tree at all (a note)."""
    faults = list(_head_faults(rows, file))
    words = [row for row in rows if WORD.fullmatch(row.id)]
    first = words[0].line
    if faults:
        return faults
    if all(row.cells[6] == "_" for row in words):
        return [Fault(file, first, "no tree: no word has a head, so there are no pairs", note=True)]
    heads = {int(row.id): int(row.cells[6]) for row in words}
    roots = [word for word, head in heads.items() if head == 0]
    if not roots:
        faults.append(Fault(file, first, "no root: no word has head 0"))
    elif len(roots) > 1:
        faults.append(Fault(file, first, f"{len(roots)} roots: words {', '.join(map(str, roots))}", note=True))
    for cycle in _cycles(heads):
        path = " -> ".join(map(str, [*cycle, cycle[0]]))
        faults.append(Fault(file, words[cycle[0] - 1].line, f"the heads form a cycle: {path}"))
    return faults + [note for row in words if (note := _disagreement(row, file))]


def _disagreement(row: Row, file: str) -> Fault | None:
    """A note where no edge in DEPS has the head and the main label of HEAD and DEPREL: one of them was edited alone.

    The word of a relative clause that refers (``ref``) has no basic edge in the enhanced graph.
    """
    head, relation, deps = row.cells[6], row.cells[7], row.cells[8]
    edges = [edge.split(":")[:2] for edge in deps.split("|")]
    if deps == "_" or [head, relation.split(":")[0]] in edges or any(label == "ref" for _, label in edges):
        return None
    reason = f"word {row.id} {row.cells[1]!r}: {head}:{relation} is not in its DEPS, which decide: {deps}"
    return Fault(file, row.line, reason, note=True)


def _cycles(heads: Mapping[int, int]) -> Iterator[list[int]]:
    """Each cycle once, from its first word upward.

    >>> list(_cycles({1: 0, 2: 3, 3: 4, 4: 2, 5: 4}))
    [[2, 3, 4]]
    """
    settled = {0}
    for start in heads:
        path: list[int] = []
        node = start
        while node not in settled:
            settled.add(node)
            path.append(node)
            node = heads[node]
        if node in path:
            cycle = path[path.index(node) :]
            at = cycle.index(min(cycle))
            yield cycle[at:] + cycle[:at]


def _build(comments: list[str], rows: Sequence[Row], file: str) -> tuple[Sentence, list[Fault]]:
    """The sentence of faultless rows; the faults left are those between the words and ``# text``."""
    about = dict(map(key_value, comments))
    ranges = {m[1]: (row, int(m[2])) for row in rows if (m := RANGE.fullmatch(row.id))}
    words = [row for row in rows if WORD.fullmatch(row.id)]
    surface: list[tuple[Row, int, int]] = []  # row, first and last position of its words
    while (at := surface[-1][2] + 1 if surface else 0) < len(words):
        row, last = ranges.get(words[at].id, (words[at], at + 1))
        surface.append((row, at, last - 1))
    forms = [row.cells[1] for row, _, _ in surface]
    glued = ["SpaceAfter=No" in row.cells[9].split("|") for row, _, _ in surface]
    text = about.get("text") or join(forms, glued)
    spans, problem = align(forms, glued, text)
    remarks = [Fault(file, surface[at][0].line, reason, note) for at, reason, note in problem]
    if len(spans) < len(surface):
        return Sentence("", text, ()), remarks
    remarks += _misplaced([row for row, _, _ in surface], spans, file)
    of_word: dict[int, tuple[int, int]] = {}
    of_token: dict[str, tuple[int, int]] = {}
    for (row, first, last), span in zip(surface, spans, strict=True):
        of_token[row.id] = span
        of_word.update(_inside(row.cells[1], [words[i].cells[1] for i in range(first, last + 1)], span, first))
    extra = tuple(
        ExtraToken(row.id, row.cells[1], tuple(row.cells[2:]), *of_token.get(row.id, (None, None)))
        for row in rows
        if not WORD.fullmatch(row.id)
    )
    parts = tuple(_word(row, *of_word[position]) for position, row in enumerate(words))
    scheme, parser = about.get("scheme", "ud"), about.get("parser", "")
    return Sentence(about.get("sent_id", ""), text, parts, scheme, parser, tuple(comments), extra), remarks


def _misplaced(rows: Sequence[Row], spans: Sequence[tuple[int, int]], file: str) -> Iterator[Fault]:
    """Notes on ``start_char`` and ``end_char`` in MISC that do not fit ``# text``, from which spans are always taken.

    Tools count from the start of the sentence or of a whole document; the first word that has them says from where.
    """
    origin: int | None = None
    for row, (start, end) in zip(rows, spans, strict=True):
        said = dict(PLACE.findall(row.cells[9]))
        if len(said) < 2:
            continue
        first, last = int(said["start"]), int(said["end"])
        origin = first - start if origin is None else origin
        if (first - origin, last - origin) != (start, end):
            reason = f"MISC puts {row.cells[1]!r} at {first}-{last}, # text at {start + origin}-{end + origin} (used)"
            yield Fault(file, row.line, reason, True)


def _inside(form: str, parts: list[str], span: tuple[int, int], first: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Spans of the words of a token: their own if they spell it, else each the whole token's."""
    start = span[0]
    for position, part in enumerate(parts, first):
        yield position, (start, start + len(part)) if "".join(parts) == form else span
        start += len(part)


def _word(row: Row, start: int, end: int) -> Word:
    cells = ["" if cell == "_" else cell for cell in row.cells]
    head = int(cells[6]) - 1 if cells[6] else None
    deps = parse_deps(cells[8])
    return Word(
        text=row.cells[1],
        start=start,
        end=end,
        index=int(cells[0]) - 1,
        lemma=cells[2],
        upos=cells[3],
        xpos=cells[4],
        head=head,
        relation=cells[7],
        deps=deps,
        feats=cells[5],
        misc=cells[9],
        graph="" if format_deps(deps) == row.cells[8] else row.cells[8],
    )
