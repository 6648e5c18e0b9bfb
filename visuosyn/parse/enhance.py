"""Basic UD trees to enhanced graphs: one small function a rule, in the order of ``RULES``.

Sources: Schuster and Manning 2016; the UD v2 page on enhanced dependencies; UD English EWT of May 2025. Edges are
(head, dependent, label), positions from 0, head -1 for the root; a word may have several heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from visuosyn.parse.english import word_list
from visuosyn.parse.rules.collapse import NOMINAL, collapsed_prepositions
from visuosyn.parse.tree import Tree

Edge = tuple[int, int, str]
Graph = tuple[tuple[tuple[int, str], ...], ...]

SUBJECT_CONTROL = word_list("subject_control")
SIGNS = {
    "&": "and", "+": "plus", "/": "slash", "-": "to", "–": "to", "@": "at", "vs.": "versus", "vs": "versus",
    "n'": "and",
}  # fmt: skip
BARE_ADVERBIALS = word_list("bare_adverbials")
# Relations whose label takes up a word, and the relations in which that word may stand: the first that occurs counts.
CLAUSAL = ("mark", "case", "advmod")
AUGMENTED = {"nmod": ("case",), "obl": ("case",), "acl": CLAUSAL, "advcl": CLAUSAL, "conj": ("cc",)}
ROLES = ("nsubj", "nsubj:pass", "obj", "obl")
NOT_SHARED = ("root", "parataxis", "conj")


def augmented(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """Cases, marks and conjunctions go into the label.

    >>> tree = Tree.sketch("man/NOUN/root/0 in/ADP/case/3 hat/NOUN/nmod/1 and/CCONJ/cc/5 dog/NOUN/conj/1")
    >>> sorted(augmented(tree, basic_edges(tree)), key=lambda edge: edge[1])
    [(-1, 0, 'root'), (2, 1, 'case'), (0, 2, 'nmod:in'), (4, 3, 'cc'), (0, 4, 'conj:and')]
    """
    return {(head, i, _augmented(tree, i, label) if label in AUGMENTED else label) for head, i, label in edges}


def _augmented(tree: Tree, i: int, label: str) -> str:
    if label == "conj":
        words = _conjunction(tree, i)
    else:
        words = next(filter(None, (_introducer(tree, i, other) for other in AUGMENTED[label])), "")
    return f"{label}:{words}" if words else label


def _introducer(tree: Tree, i: int, label: str) -> str:
    """Lemma of the last case, mark, conjunction or *wh* adverb of a phrase, with its fixed parts (``such_as``)."""
    wanted = [c for c in tree.children[i] if tree.labels[c] == label and tree.words[c].xpos != "POS"]
    if label == "advmod":
        wanted = [c for c in wanted if tree.words[c].xpos == "WRB"]
    if not wanted:
        return ""
    parts = [wanted[-1], *(part for part in tree.children[wanted[-1]] if tree.labels[part] == "fixed")]
    return "_".join(filter(None, (_name(tree, part) for part in parts)))


def _conjunction(tree: Tree, i: int) -> str:
    """The conjunction of a conjunct, else the next one in its list, else the last before it."""
    siblings = [c for c in tree.children[tree.heads[i]] if tree.labels[c] == "conj"]
    order = [c for c in siblings if c >= i] + [c for c in reversed(siblings) if c < i]
    return next(filter(None, (_introducer(tree, c, "cc") for c in order)), "")


def _name(tree: Tree, i: int) -> str:
    """A word as part of a label: its lemma in lower case; participles keep their form (including)."""
    word = tree.words[i]
    text = word.text.lower() if word.xpos in ("VBG", "VBN") else word.lemma.lower()
    return text if text.isalpha() else SIGNS.get(text, "")


def conjunct_heads(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """Every conjunct also has the first conjunct's head, with its own preposition if it has one.

    >>> tree = Tree.sketch("see/VERB/root/0 cats/NOUN/obj/1 and/CCONJ/cc/4 dogs/NOUN/conj/2")
    >>> sorted(conjunct_heads(tree, basic_edges(tree)) - basic_edges(tree))
    [(0, 3, 'obj')]
    """
    return edges | {
        (head, i, _own_case(tree, i, label))
        for i, first in _conjuncts(tree)
        for head, dependent, label in edges
        if dependent == first and head != i and label.partition(":")[0] not in NOT_SHARED
    }


def _own_case(tree: Tree, i: int, label: str) -> str:
    base = label.partition(":")[0]
    own = _augmented(tree, i, base) if base in AUGMENTED else base
    return label if own == base else own


def _conjuncts(tree: Tree) -> Iterator[tuple[int, int]]:
    """(conjunct, first conjunct)."""
    return ((i, tree.heads[i]) for i, label in enumerate(tree.labels) if label == "conj")


def shared_subjects(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """A conjunct without its own subject shares the first one's, if it can have one: no bare noun beside a verb.

    >>> tree = Tree.sketch("He/PRON/nsubj/2 sat/VERB/root/0 and/CCONJ/cc/4 ate/VERB.VBD/conj/2")
    >>> sorted(shared_subjects(tree, basic_edges(tree)) - basic_edges(tree))
    [(3, 0, 'nsubj')]
    """
    return edges | {
        (i, noun, label[:5] + (":pass" if _passive(tree, i, first) else ""))
        for i, first in _conjuncts(tree)
        if not _own_subject(tree, i) and (tree.words[i].upos not in NOMINAL or _predicative(tree, i, first))
        for head, noun, label in edges
        if head == first and label in ("nsubj", "nsubj:pass", "csubj", "csubj:pass") and noun != i
    }


def _predicative(tree: Tree, i: int, first: int) -> bool:
    """Whether a noun in coordination is a predicate: with a copula, or beside a word that is not a verb."""
    return tree.has(i, "cop") or tree.words[first].upos not in ("VERB", "AUX")


def _own_subject(tree: Tree, node: int) -> bool:
    return any("subj" in tree.labels[c] or tree.labels[c] == "expl" for c in tree.children[node])


def _passive(tree: Tree, i: int, first: int) -> bool:
    """Whether a conjunct is passive: by its own auxiliary, or a participle that shares one other than *have*."""
    auxiliaries = [c for c in tree.children[i] if tree.labels[c] in ("aux", "aux:pass", "cop")]
    if auxiliaries or tree.words[i].xpos != "VBN":
        return any(tree.labels[c] == "aux:pass" for c in auxiliaries)
    return not any(tree.labels[c] == "aux" and tree.words[c].lemma == "have" for c in tree.children[first])


def shared_objects(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """An object after both verbs is the object of both.

    >>> tree = Tree.sketch("wash/VERB/root/0 and/CCONJ/cc/3 cut/VERB/conj/1 apples/NOUN/obj/1")
    >>> sorted(shared_objects(tree, basic_edges(tree)) - basic_edges(tree))
    [(2, 3, 'obj')]
    """
    return edges | {
        (i, noun, label)
        for i, first in _conjuncts(tree)
        if tree.words[i].upos == "VERB" and not tree.has(i, "obj", "iobj", "ccomp", "xcomp")
        for head, noun, label in edges
        if head == first and noun > i and label in ("obj", "iobj") and tree.labels[noun] != "conj"
    }


def controlled_subjects(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """An open complement shares a noun of the upper verb as its subject: the object, else the subject.

    >>> tree = Tree.sketch("He/PRON/nsubj/2 told/VERB/root/0 her/PRON/obj/2 to/PART/mark/5 go/VERB/xcomp/2")
    >>> sorted(controlled_subjects(tree, basic_edges(tree)) - basic_edges(tree))
    [(4, 2, 'nsubj:xsubj')]
    """
    edges = set(edges)
    for node in reversed(tree.deepest_first):  # from the top, so that chains hand the subject down
        if tree.labels[node] != "xcomp":
            continue
        upper = tree.heads[node]
        clauses = [node, *(c for c in tree.children[node] if tree.labels[c] == "conj" and not _own_subject(tree, c))]
        for noun, label in _controllers(tree, edges, upper):
            for clause in clauses:
                if clause != noun:
                    edges.add((clause, noun, f"{label}:xsubj"))
    return edges


def _controllers(tree: Tree, edges: set[Edge], upper: int) -> list[tuple[int, str]]:
    below = [(dependent, label) for head, dependent, label in edges if head == upper]
    objects = [(noun, "nsubj") for noun, label in below if label in ("obj", "iobj")]
    subjects = [(noun, label[:5]) for noun, label in below if label[:5] in ("nsubj", "csubj") and "outer" not in label]
    return objects if objects and (tree.words[upper].lemma,) not in SUBJECT_CONTROL else subjects


def zero_relatives(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """The antecedent of a relative clause without relative word fills the gap: subject, else object or oblique.

    >>> tree = Tree.sketch("cup/NOUN/root/0 he/PRON/nsubj/3 holds/VERB/acl:relcl/1")
    >>> sorted(zero_relatives(tree, basic_edges(tree)) - basic_edges(tree))
    [(2, 0, 'obj')]
    """
    return edges | {
        (clause, tree.heads[clause], _gap(tree, clause))
        for clause, label in enumerate(tree.labels)
        if label == "acl:relcl" and _relative_word(tree, clause) is None
    }


def _gap(tree: Tree, clause: int) -> str:
    if not _own_subject(tree, clause):
        return "nsubj:pass" if tree.has(clause, "aux:pass") else "nsubj"
    stranded = any(tree.labels[c] == "obl" and tree.words[c].upos == "ADP" for c in tree.children[clause])
    adverbial = (tree.words[tree.heads[clause]].lemma,) in BARE_ADVERBIALS
    return "obl" if stranded or adverbial or tree.has(clause, "obj", "ccomp") else "obj"


def relative_clauses(tree: Tree, edges: set[Edge]) -> set[Edge]:
    """The antecedent takes the relative word's role; the relative word only refers to it (ref).

    >>> tree = Tree.sketch("man/NOUN/root/0 who/PRON.WP/nsubj/3 sits/VERB/acl:relcl/1")
    >>> sorted(relative_clauses(tree, basic_edges(tree)))
    [(-1, 0, 'root'), (0, 1, 'ref'), (0, 2, 'acl:relcl'), (2, 0, 'nsubj')]
    """
    for clause, label in enumerate(tree.labels):
        if label in ("acl:relcl", "advcl:relcl") and (word := _relative_word(tree, clause)) is not None:
            noun = tree.heads[clause]
            roles = {edge for edge in edges if edge[1] == word}
            taken = {(head, noun, "obl" if role == "advmod" else role) for head, _, role in roles if head != noun}
            edges = (edges - roles) | taken | {(noun, word, "ref")}
    return edges


def _relative_word(tree: Tree, clause: int) -> int | None:
    """The relative pronoun or adverb before a clause's verb, the highest in its tree."""
    level = [clause]
    while level:
        level = [c for node in level for c in tree.children[node]]
        for node in level:
            role = tree.words[node].text.lower() == "that" and tree.labels[node] in ROLES
            if node < clause and (role or tree.words[node].xpos in ("WDT", "WP", "WP$", "WRB")):
                return node
    return None


RULES: tuple[Callable[[Tree, set[Edge]], set[Edge]], ...] = (
    augmented, conjunct_heads, shared_subjects, shared_objects, controlled_subjects, zero_relatives, relative_clauses,
)  # fmt: skip


def basic_edges(tree: Tree) -> set[Edge]:
    """The tree's own edges."""
    return {(head, i, tree.labels[i]) for i, head in enumerate(tree.heads)}


def enhanced(tree: Tree, *, collapse_prepositions: bool = False) -> Graph:
    """The enhanced graph of a basic tree: per word its (head, label) edges, sorted.

    ``collapse_prepositions`` makes one label of *in front of*, *next to* and the like (``nmod:in_front_of``), as
    the enhanced++ representation of Schuster and Manning does.
    """
    tree = collapsed_prepositions(tree) if collapse_prepositions else tree
    edges = basic_edges(tree)
    for rule in RULES:
        edges = rule(tree, edges)
    deps: list[list[tuple[int, str]]] = [[] for _ in tree.words]
    for head, dependent, label in edges:
        deps[dependent].append((head, label))
    return tuple(tuple(sorted(found)) for found in deps)
