"""ClearNLP labels to UD labels: the renamings are data; what depends on the context is here."""

from __future__ import annotations

from collections.abc import Callable

from visuosyn.parse.rules.prepositions import NOMINAL
from visuosyn.parse.scheme import load_scheme
from visuosyn.parse.tree import Tree

NAMES = {label.name: label.ud for label in load_scheme("clear").labels.values()}


def relabel(tree: Tree) -> Tree:
    """Every label that is still ClearNLP's gets its UD name.

    >>> relabel(Tree.sketch("saw/VERB/ROOT/0 two/NUM.CD/amod/3 dogs/NOUN/dobj/1 never/ADV.RB/neg/1"))
    saw/root/0 two/nummod/3 dogs/obj/1 never/advmod/1
    """
    return tree.relabelled({i: _renamed(tree, i, label) for i, label in enumerate(tree.labels)})


def _renamed(tree: Tree, i: int, label: str) -> str:
    special = CONTEXT.get(label)
    return (special(tree, i, tree.heads[i]) if special else None) or NAMES.get(label, label)


def _modifier(tree: Tree, i: int, head: int) -> str | None:
    return "nummod" if tree.words[i].xpos == "CD" else None


def _nmod(tree: Tree, i: int, head: int) -> str | None:
    if (case := tree.child(i, "case")) is not None:
        return "nmod:poss" if tree.words[case].xpos == "POS" else "nmod"
    return {"ADJ": "amod", "NUM": "nummod"}.get(tree.words[i].upos, "compound")


def _number(tree: Tree, i: int, head: int) -> str | None:
    """A number right after its noun is part of a name (*Section 5*)."""
    return "flat" if i == head + 1 and tree.words[head].upos in ("NOUN", "PROPN") else None


def _adverb(tree: Tree, i: int, head: int) -> str | None:
    return "compound:prt" if tree.words[i].xpos == "RP" else None


def _negation(tree: Tree, i: int, head: int) -> str | None:
    return "det" if tree.words[i].xpos == "DT" else None


def _unmarked(tree: Tree, i: int, head: int) -> str | None:
    """A noun as adverbial; before a hyphen it is part of a compound (*sun-dried*)."""
    if tree.words[i + 1 : i + 2] and tree.words[i + 1].xpos == "HYPH":
        return "compound"
    return "nmod:unmarked" if tree.words[head].upos in NOMINAL and not tree.has(head, "cop") else "obl:unmarked"


def _quantity(tree: Tree, i: int, head: int) -> str | None:
    return "nummod" if tree.words[i].xpos == "CD" else "advmod"


def _relative(tree: Tree, i: int, head: int) -> str | None:
    """An infinitive without a relative word is a plain clause (*a way to go*)."""
    infinitive = any(tree.words[c].xpos == "TO" and tree.labels[c] == "mark" for c in tree.children[i])
    return "acl" if infinitive and not any(tree.words[c].xpos[:1] == "W" for c in tree.children[i]) else None


def _dative(tree: Tree, i: int, head: int) -> str | None:
    return "iobj" if tree.words[i].upos != "ADP" else "advmod"


def _bare_preposition(tree: Tree, i: int, head: int) -> str | None:
    if tree.words[i].xpos == "RP":
        return "compound:prt"
    open_clause = tree.labels[head] == "relcl" or any(tree.words[c].xpos == "TO" for c in tree.children[head])
    return "obl" if open_clause and tree.words[i].upos == "ADP" and i > head else "advmod"


CONTEXT: dict[str, Callable[[Tree, int, int], str | None]] = {
    "amod": _modifier, "nummod": _number, "nmod": _nmod, "advmod": _adverb, "neg": _negation, "npadvmod": _unmarked,
    "quantmod": _quantity, "relcl": _relative, "dative": _dative, "prep": _bare_preposition, "agent": _bare_preposition,
}  # fmt: skip
