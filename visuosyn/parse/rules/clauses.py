"""Infinitives, existentials, small clauses, copulas, clauses side by side."""

from __future__ import annotations

from visuosyn.parse.english import word_list
from visuosyn.parse.tree import Tree

SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass")
FINITE = {"VBD", "VBZ", "VBP", "MD"}
CLITICS = {"s", "'s", "’s", "m", "'m", "’m", "'re", "’re"}  # of *be*, also where the lemmatizer misses it
PLACES = word_list("places")


def infinitives(tree: Tree) -> Tree:
    """Infinitival *to* marks its clause.

    >>> infinitives(Tree.sketch("want/VERB/ROOT/0 to/PART.TO/aux/3 go/VERB/xcomp/1"))
    want/ROOT/0 to/mark/3 go/xcomp/1
    """
    rows = enumerate(zip(tree.labels, tree.words, strict=True))
    return tree.relabelled({i: "mark" for i, (label, word) in rows if label == "aux" and word.xpos == "TO"})


def existentials(tree: Tree) -> Tree:
    """In *there is a dog* the dog is the subject and the verb stays the head.

    >>> existentials(Tree.sketch("There/PRON.EX/expl/2 is=be/VERB/ROOT/0 a/DET/det/4 dog/NOUN/attr/2"))
    There/expl/2 is/ROOT/0 a/det/4 dog/nsubj/2
    """
    there = {tree.heads[i] for i, label in enumerate(tree.labels) if label == "expl" and tree.words[i].xpos == "EX"}
    attributes = (i for i, label in enumerate(tree.labels) if label == "attr" and tree.heads[i] in there)
    return tree.relabelled({i: "nsubj" for i in attributes})


def reduced_relatives(tree: Tree) -> Tree:
    """A participle after a noun that the parse took for the noun's own verb modifies it (*anything seen here sells*).

    That is so where the clause would be a finite subject clause without *that*, which English does not have, and where
    the noun stands right after a preposition that would be left without its object (*on the book called ...*).

    >>> reduced_relatives(Tree.sketch("Toys/NOUN/nsubj/2 seen/VERB.VBD/csubj/3 sell/VERB/ROOT/0"))
    Toys/nsubj/3 seen/acl/1 sell/ROOT/0
    >>> reduced_relatives(Tree.sketch("sat/VERB/ROOT/0 on/ADP/prep/1 cars/NOUN/nsubj/4 made/VERB.VBN/parataxis/1"))
    sat/ROOT/0 on/prep/1 cars/pobj/2 made/acl/3
    """
    for clause, label in enumerate(tree.labels):
        if label not in ("csubj", "csubjpass", "parataxis", "ccomp", "advcl"):
            continue
        noun = tree.child(clause, "nsubj", "nsubjpass")
        if noun is None or noun > clause or tree.words[clause].xpos not in ("VBD", "VBN") or _opened(tree, clause):
            continue
        upper = tree.heads[clause]
        if label in ("csubj", "csubjpass"):
            tree = tree.rewired({noun: (upper, f"n{label[1:]}"), clause: (noun, "acl")})
        else:
            before = tree.leftmost(noun) - 1
            bare = before >= 0 and tree.labels[before] == "prep" and not tree.children[before]
            if bare and not tree.is_below(before, clause):
                tree = tree.rewired({noun: (before, "pobj"), clause: (noun, "acl")})
    return tree


def subjects(tree: Tree) -> Tree:
    """The subject of an auxiliary is that of its verb.

    >>> subjects(Tree.sketch("he/PRON/nsubj/2 is=be/AUX/aux/3 gone/VERB/ROOT/0"))
    he/nsubj/3 is/aux/3 gone/ROOT/0
    """
    return tree.rewired(
        {
            i: (tree.heads[head], tree.labels[i])
            for i, (head, label) in enumerate(zip(tree.heads, tree.labels, strict=True))
            if label in ("nsubj", "nsubjpass") and tree.labels[head] in ("aux", "auxpass")
        }
    )


def _opened(tree: Tree, clause: int) -> bool:
    """Whether a clause has a subordinator, a question word or an auxiliary."""
    return any(
        tree.labels[i] in ("mark", "aux", "auxpass") or tree.words[i].xpos[:1] == "W" for i in tree.children[clause]
    )


def explanations(tree: Tree) -> Tree:
    """What follows a colon does not modify the noun before it, but explains it (*Summary: not cheap*).

    >>> explanations(Tree.sketch("Note/NOUN/ROOT/0 :/PUNCT/punct/1 cheap/ADJ/acl/1"))
    Note/ROOT/0 :/punct/1 cheap/parataxis/1
    """
    colons = [i for i, word in enumerate(tree.words) if word.text == ":"]
    if not colons:
        return tree
    modifiers = (i for i, label in enumerate(tree.labels) if label in ("acl", "relcl") and tree.heads[i] < i)
    return tree.relabelled({i: "parataxis" for i in modifiers if any(tree.heads[i] < colon < i for colon in colons)})


def small_clauses(tree: Tree) -> Tree:
    """The subject of a clause without a finite verb is the object of the upper verb (*saw him go*).

    >>> small_clauses(Tree.sketch("saw/VERB/ROOT/0 him/PRON/nsubj/3 go/VERB.VB/ccomp/1"))
    saw/ROOT/0 him/dobj/1 go/xcomp/1
    """
    edges: dict[int, tuple[int, str]] = {}
    for clause, label in enumerate(tree.labels):
        if label == "ccomp" and (subject := tree.child(clause, "nsubj", "nsubjpass")) is not None:
            upper = tree.heads[clause]
            if upper < subject < clause and _bare(tree, clause):
                edges |= {subject: (upper, "dobj"), clause: (upper, "xcomp")}
    return tree.rewired(edges)


def _bare(tree: Tree, clause: int) -> bool:
    """Whether a clause has no finite word and no subordinator but *to*."""
    words, labels = tree.words, tree.labels
    inside = [i for i in tree.children[clause] if labels[i] in ("aux", "auxpass", "mark")]
    return all(
        words[i].xpos not in FINITE and (labels[i] != "mark" or words[i].xpos == "TO") for i in (*inside, clause)
    )


def copulas(tree: Tree) -> Tree:
    """The predicate of *be* takes its place, and *be* becomes its copula.

    >>> copulas(Tree.sketch("Dogs/NOUN/nsubj/2 are=be/AUX/ROOT/0 red/ADJ/acomp/2"))
    Dogs/nsubj/3 are/cop/3 red/ROOT/0
    >>> copulas(Tree.sketch("goal/NOUN/nsubj/2 is=be/AUX/ROOT/0 to/PART/mark/4 win/VERB/xcomp/2"))
    goal/nsubj:outer/4 is/cop/4 to/mark/4 win/ROOT/0
    """
    found = [i for i in range(len(tree.words)) if _copula(tree, i)]
    for node in filter(found.__contains__, tree.deepest_first if found else ()):
        if (predicate := _predicate(tree, node)) is not None:
            if _clause(tree, predicate):
                tree = tree.relabelled({i: f"{tree.labels[i]}:outer" for i in _subjects(tree, node)})
            tree = tree.promoted(predicate, below="cop")
    return tree


def _copula(tree: Tree, node: int) -> bool:
    """*be* that is neither auxiliary nor says that something exists."""
    word = tree.words[node]
    be = word.lemma == "be" or (word.upos in ("AUX", "VERB") and word.text.lower() in CLITICS)
    return be and tree.labels[node] not in ("aux", "auxpass", "cop") and not tree.has(node, "expl")


def _subjects(tree: Tree, node: int) -> list[int]:
    return [i for i in tree.children[node] if tree.labels[i] in SUBJECTS]


def _predicate(tree: Tree, node: int) -> int | None:
    """What *be* says of its subject: noun or adjective, else a place, else a clause."""
    children = tree.children[node]
    wanted = [i for i in children if tree.labels[i] in ("attr", "acomp", "oprd")]
    wanted = [i for i in wanted if i > node] or wanted
    if not wanted:
        wanted = [i for i in children if tree.labels[i] in ("obl", "nmod") and i > node]
    if not wanted:
        adverbs = [i for i in children if tree.labels[i] in ("advmod", "prt", "prep")]
        wanted = [i for i in adverbs if (tree.words[i].lemma.lower(),) in PLACES]
    if not wanted and _subjects(tree, node):
        wanted = [i for i in children if i > node and _clause(tree, i)]
    return wanted[0] if wanted else None


def _clause(tree: Tree, i: int) -> bool:
    """A clause as predicate: *the goal is to win*, *it is about winning*."""
    governed = tree.labels[i] == "advcl" and any(
        tree.labels[c] == "mark" and tree.words[c].upos == "ADP" for c in tree.children[i]
    )
    return governed or tree.labels[i] in ("ccomp", "xcomp")


def juxtapositions(tree: Tree) -> Tree:
    """Of two clauses side by side the first is the head, the other parataxis (*he ran; she sat*).

    >>> juxtapositions(Tree.sketch("ran/VERB/ccomp/3 ;/PUNCT/punct/3 sat/VERB/ROOT/0"))
    ran/ROOT/0 ;/punct/3 sat/parataxis/1
    """
    for clause, label in enumerate(tree.labels):
        upper = tree.heads[clause]
        if label == "ccomp" and clause < upper and not tree.has(clause, "mark"):
            between = (tree.labels[i] for i in tree.children[upper] if clause < i < upper)
            if any(other in ("punct", *SUBJECTS) for other in between):
                tree = tree.rewired({clause: (tree.heads[upper], tree.labels[upper]), upper: (clause, "parataxis")})
    return tree
