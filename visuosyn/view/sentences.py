"""What a notebook shows of a sentence: its tree, drawn as in the report, and its pairs as a table."""

from __future__ import annotations

from markupsafe import Markup

from visuosyn.data import Sentence
from visuosyn.parse import word_pairs
from visuosyn.parse.listing import list_pairs
from visuosyn.view.tree import tree_svg

SHOWN = ("relation", "kind", "edge", "head", "dependent", "distance", "head_depth", "dependent_depth")


def sentence_html(sentence: Sentence) -> str:
    """The tree (edges that only the enhanced graph has are dashed, below) and, folded, the table of all pairs.

    >>> import re
    >>> from visuosyn.parse import load_parser
    >>> from visuosyn.data import Caption
    >>> (sentence,) = load_parser().parse([Caption("1", "a red cat")])
    >>> re.search("Pairs: [^<]*", sentence_html(sentence)).group()
    'Pairs: 2 related, 1 unrelated, 1 path-2'
    """
    tree = tree_svg(sentence, word_pairs(sentence), notebook=True)
    pairs = list_pairs(sentence)
    lines = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(value) for value in row))
        for row in pairs[list(SHOWN)].itertuples(index=False, name=None)
    )
    heads = Markup("").join(Markup("<th>{}</th>").format(name.replace("_", " ")) for name in SHOWN)
    counts = pairs["kind"].value_counts(sort=False)
    counted = ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "none"
    return str(
        Markup(
            '<div style="overflow-x:auto">{}</div><p style="font-size:12px;margin:4px 0">{}{}</p>'
            '<details><summary style="font-size:12px">Pairs: {}</summary><table><thead><tr>{}</tr></thead>'
            "<tbody>{}</tbody></table></details>"
        ).format(
            tree, f"Tree by {sentence.parser}, " if sentence.parser else "", sentence.scheme, counted, heads, lines
        )
    )
