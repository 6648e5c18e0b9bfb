"""A dependency tree as SVG: words in a row, arcs above them, edges of the enhanced graph alone dashed below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from visuosyn.data import Sentence, WordPair

FONT = 15.0  # pixels
GAP = 22.0  # between words
STEP = 21.0  # between levels of arcs
PORT = 7.0  # between arcs that meet at one word
ROOT = -1
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[]- "), frozenset("mwMW@%")

# What the tree needs to look right outside a page, whose own style sheet has its own colours; all under its class.
STYLE = """
.tree text {{ font: 15px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: {ink} }}
.tree .pos, .tree .label {{ font-size: 11px; fill: {faint} }}
.tree .label {{ fill: {label}; paint-order: stroke; stroke: {paper}; stroke-width: 4 }}
.tree path {{ fill: none; stroke: {line} }} .tree .enhanced path {{ stroke-dasharray: 4 3 }}
.tree polygon {{ fill: {line} }}
""".strip()
STANDALONE = STYLE.format(ink="#222", faint="#555", label="#0b5a8a", line="#767676", paper="#fff")
# A notebook may be dark: text in its colour, and behind labels its ground, by the names that Jupyter and VS Code use.
NOTEBOOK = STYLE.format(
    ink="currentColor", faint="currentColor", label="#2f80b8", line="#8a8a8a",
    paper="var(--jp-layout-color0, var(--vscode-editor-background, #fff))",
)  # fmt: skip


@dataclass(frozen=True)
class Arc:
    """An edge to draw: ``number`` is that of the pair in its caption; ``level`` 1 lies closest to the words."""

    number: int
    pair: WordPair
    level: int

    @property
    def ends(self) -> tuple[int, int]:
        """The positions that the arc spans, left one first."""
        return min(self.pair.head, self.pair.dependent), max(self.pair.head, self.pair.dependent)


def text_width(text: str, size: float = FONT) -> float:
    """About how wide a text is in a sans-serif face, in pixels: good enough to lay words out, not to clip them."""
    wide = sum(1.0 if ord(c) > 0x2E80 else 0.32 if c in NARROW else 0.86 if c in WIDE else 0.58 for c in text)
    return size * (wide + 0.12 * sum(c.isupper() for c in text))


def levels(pairs: Sequence[tuple[int, WordPair]]) -> list[Arc]:
    """Arcs with the lowest levels at which none crosses the flat top of another: inner arcs first."""
    arcs: list[Arc] = []
    for number, pair in sorted(pairs, key=lambda p: (abs(p[1].head - p[1].dependent), p[0])):
        left, right = Arc(number, pair, 0).ends
        below = [arc.level for arc in arcs if arc.ends[0] < right and arc.ends[1] > left]
        arcs.append(Arc(number, pair, max(below, default=0) + 1))
    return arcs


def tree_svg(
    sentence: Sentence,
    pairs: Sequence[WordPair],
    *,
    rows: Sequence[int | None] | None = None,
    unknown: frozenset[str] = frozenset(),
    standalone: bool = False,
    notebook: bool = False,
) -> Markup:
    """The tree of a sentence as an ``<svg>`` element; everything that came from the caption is escaped.

    ``pairs`` are the caption's pairs in their order; those of kind "related" become arcs, drawn from the head to the
    dependent (arrow). ``rows`` gives the row of each word's heat map, None for a word without one. Words (class
    ``word``, ``data-row``) and arcs (class ``arc``, ``data-pair``) are marked for the page's script. Words whose
    lower-case form is in ``unknown``, which the model was never taught, get the class ``unknown``. ``standalone`` and
    ``notebook`` add a style sheet, for a file and for a notebook, light or dark.
    """
    related = [(n, p) for n, p in enumerate(pairs) if p.kind == "related"]
    above = levels([(n, p) for n, p in related if p.edge != "enhanced"])
    below = levels([(n, p) for n, p in related if p.edge == "enhanced"])
    rows = range(len(sentence.words)) if rows is None else rows
    centres, width = _centres(sentence, [*above, *below])
    top = STEP * (max((a.level for a in above), default=0) + 1) + 8
    bottom = top + 46 + (STEP * max((a.level for a in below), default=0) + 20 if below else 0)
    roots = frozenset(i for i, word in enumerate(sentence.words) if word.head == -1)
    ports = _ports(above, centres, roots)
    parts = [
        *_arcs(sentence, above, ports, base=top, up=True),
        *_arcs(sentence, below, _ports(below, centres), base=top + 42, up=False),
        *(_root(ports[ROOT, i], top) for i in sorted(roots)),
        *(_word(sentence, i, centres[i], top, rows[i], unknown) for i in range(len(sentence.words))),
    ]
    sheet = STANDALONE if standalone else NOTEBOOK if notebook else ""
    style = Markup("<style>{}</style>").format(Markup(sheet)) if sheet else ""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="tree" role="group" width="{w:.0f}" height="{h:.0f}" '
        'viewBox="0 0 {w:.0f} {h:.0f}" aria-label="Dependency tree of: {text}">{style}{parts}</svg>'
    ).format(w=width, h=bottom, text=sentence.text, style=style, parts=Markup("").join(parts))


def _centres(sentence: Sentence, arcs: Sequence[Arc]) -> tuple[list[float], float]:
    """The x of each word's middle and the width of all; neighbours move apart where an arc's label needs room."""
    half = [max(text_width(w.text), text_width(w.upos, 11)) / 2 for w in sentence.words]
    labels = {arc.ends: text_width(arc.pair.relation, 11) for arc in arcs if arc.ends[1] - arc.ends[0] == 1}
    centres: list[float] = []
    for i, own in enumerate(half):
        wanted = own + 8 if i == 0 else centres[-1] + half[i - 1] + GAP + own
        if i:
            wanted = max(wanted, centres[-1] + labels.get((i - 1, i), 0) + 3 * PORT)
        centres.append(wanted)
    return centres, (centres[-1] + half[-1] if centres else 0) + 8


def _ports(
    arcs: Sequence[Arc], centres: Sequence[float], roots: frozenset[int] = frozenset()
) -> dict[tuple[int, int], float]:
    """The x where each arc (by its number) meets each of its words: spread so that no two arcs share a line.

    At a root the arrow from above, numbered ``ROOT``, comes down between the arcs to the left and to the right.
    """
    ports: dict[tuple[int, int], float] = {}
    for position, centre in enumerate(centres):
        mine = [arc for arc in arcs if position in arc.ends]
        left = sorted((a for a in mine if a.ends[1] == position), key=lambda a: a.level)
        right = sorted((a for a in mine if a.ends[0] == position), key=lambda a: -a.level)
        numbers = [a.number for a in left] + [ROOT] * (position in roots) + [a.number for a in right]
        for place, number in enumerate(numbers):
            ports[number, position] = centre + PORT * (place - (len(numbers) - 1) / 2)
    return ports


def _arcs(
    sentence: Sentence, arcs: Sequence[Arc], ports: dict[tuple[int, int], float], *, base: float, up: bool
) -> list[Markup]:
    """Arcs with labels, above (``up``) or below the line ``base``, in the order of their dependents."""
    sign, words, found = -1 if up else 1, sentence.words, []
    for arc in sorted(arcs, key=lambda a: (a.pair.dependent, a.number)):
        head, dependent = ports[arc.number, arc.pair.head], ports[arc.number, arc.pair.dependent]
        turn = 6 if dependent > head else -6
        y = base + sign * STEP * arc.level
        path = (
            f"M{head:.1f} {base + sign * 2:.1f}V{y - sign * 6:.1f}Q{head:.1f} {y:.1f} {head + turn:.1f} {y:.1f}"
            f"H{dependent - turn:.1f}Q{dependent:.1f} {y:.1f} {dependent:.1f} {y - sign * 6:.1f}V{base + sign * 6:.1f}"
        )
        found.append(
            Markup(
                '<g class="arc{kind}" data-pair="{number}" aria-label="{relation}: head {head}, dependent {dep}">'
                '<path class="hit" d="{path}"/><path d="{path}"/>{tip}'
                '<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{relation}</text></g>'
            ).format(
                kind="" if up else " enhanced",
                number=arc.number,
                relation=arc.pair.relation,
                head=words[arc.pair.head].text,
                dep=words[arc.pair.dependent].text,
                path=path,
                tip=_tip(dependent, base, sign),
                x=(head + dependent) / 2,
                y=y + 4,
            )
        )
    return found


def _tip(x: float, y: float, sign: int) -> Markup:
    """An arrowhead that ends at (x, y)."""
    return Markup('<polygon points="{x:.1f},{y:.1f} {left:.1f},{back:.1f} {right:.1f},{back:.1f}"/>').format(
        x=x, y=y, left=x - 3.5, right=x + 3.5, back=y + sign * 7
    )


def _root(x: float, top: float) -> Markup:
    """An arrow down to a root."""
    return Markup(
        '<g class="root"><path d="M{x:.1f} 14V{y:.1f}"/>{tip}<text class="label" x="{x:.1f}" y="11" '
        'text-anchor="middle">root</text></g>'
    ).format(x=x, y=top - 6, tip=_tip(x, top, -1))


def _word(sentence: Sentence, i: int, x: float, top: float, row: int | None, unknown: frozenset[str]) -> Markup:
    word = sentence.words[i]
    kind = ("" if row is not None else " unmapped") + (" unknown" if word.text.lower() in unknown else "")
    return Markup(
        '<g class="word{kind}" {row}aria-label="{text}{pos}{without}"><text x="{x:.1f}" y="{y:.1f}" '
        'text-anchor="middle">{text}</text> <text class="pos" x="{x:.1f}" y="{low:.1f}" text-anchor="middle">'
        "{upos}</text></g>"
    ).format(
        kind=kind,
        row=Markup("") if row is None else Markup('data-row="{}" ').format(row),
        text=word.text,
        pos=f" {word.upos}" if word.upos else "",
        without="" if row is not None else ", no heat map",
        upos=escape(word.upos),
        x=x,
        y=top + 18,
        low=top + 34,
    )
