"""ClearNLP trees to basic Universal Dependencies: one small function a rule, in the order of ``RULES``.

Sources: the ClearNLP label guidelines (Choi and Palmer 2012), the UD v2 guidelines and English label pages
(universaldependencies.org), and UD English EWT of May 2025 for today's labels. The plain renamings are data
(``schemes/clear.json``); here stands what changes structure or needs the context.
"""

from __future__ import annotations

from collections.abc import Callable

from visuosyn.parse.english import word_list
from visuosyn.parse.punctuation import punctuation
from visuosyn.parse.scheme import load_scheme
from visuosyn.parse.tree import Tree

Rule = Callable[[Tree], Tree]
SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass")
FINITE = {"VBD", "VBZ", "VBP", "MD"}
NOMINAL = {"NOUN", "PROPN", "PRON", "NUM", "SYM"}
ARGUMENT = {"nsubj", "nsubjpass", "dobj", "pobj", "attr", "ROOT"}
# Labels of a preposition that say no more than that it introduces a phrase; any other label passes to the phrase.
PHRASE = {"prep", "agent", "dative", "advmod", "prt", "npadvmod", "mark", "quantmod", "punct", "aux", "neg", "det"}
FIXED_PREPOSITIONS = word_list("fixed_prepositions")
TWO_WORDS = FIXED_PREPOSITIONS | word_list("double_prepositions")
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


def small_clauses(tree: Tree) -> Tree:
    """The subject of a clause without a finite verb is the object of the upper verb (*saw him go*).

    >>> small_clauses(Tree.sketch("saw/VERB/ROOT/0 him/PRON/nsubj/3 go/VERB.VB/ccomp/1"))
    saw/ROOT/0 him/dobj/1 go/xcomp/1
    """
    edges: dict[int, tuple[int, str]] = {}
    for clause, label in enumerate(tree.labels):
        upper, subject = tree.heads[clause], tree.child(clause, "nsubj", "nsubjpass")
        if label == "ccomp" and subject is not None and upper < subject < clause and _bare(tree, clause):
            edges |= {subject: (upper, "dobj"), clause: (upper, "xcomp")}
    return tree.rewired(edges)


def _bare(tree: Tree, clause: int) -> bool:
    """Whether a clause has no finite word and no subordinator but *to*."""
    words, labels = tree.words, tree.labels
    inside = [i for i in tree.children[clause] if labels[i] in ("aux", "auxpass", "mark")]
    return all(
        words[i].xpos not in FINITE and (labels[i] != "mark" or words[i].xpos == "TO") for i in (*inside, clause)
    )


def prepositions(tree: Tree) -> Tree:
    """A preposition becomes the case of its complement, or the mark of a clause; the complement takes its place.

    >>> prepositions(Tree.sketch("man/NOUN/ROOT/0 in/ADP/prep/1 a/DET/det/4 hat/NOUN/pobj/2"))
    man/ROOT/0 in/case/4 a/det/4 hat/prep/1
    >>> prepositions(Tree.sketch("out/ADP/prep/0 of/ADP/prep/1 town/NOUN/pobj/2"))
    out/case/3 of/case/3 town/prep/0
    """
    for node in tree.deepest_first:
        complement = _complement(tree, node)
        if complement is not None:
            clause = tree.labels[complement] == "pcomp" and tree.words[complement].upos in ("VERB", "AUX")
            label = tree.labels[node]
            label = label if label in ("agent", "dative") or label not in PHRASE else "prep"
            tree = tree.promoted(complement, below="mark" if clause else "case", label=label)
    return tree


def _complement(tree: Tree, node: int) -> int | None:
    """What a preposition governs: a noun, a clause, an inner phrase (*out of town*), or an adverb (*at least*)."""
    for label in ("pobj", "pcomp"):
        if (found := tree.child(node, label)) is not None:
            return found
    later = [i for i in tree.children[node] if i > node]
    words = tree.words
    if tree.labels[node] == "prep" or (node + 1 < len(words) and _pair(tree, node) in TWO_WORDS):
        inner = (i for i in later if tree.labels[i] == "prep" and tree.has(i, "case", "mark"))
        if (phrase := next(inner, None)) is not None:
            return phrase
    if tree.labels[node] == "prep" and words[node].upos == "ADP":
        return next((i for i in later if i == node + 1 and words[i].upos in ("ADJ", "ADV")), None)
    return None


def _pair(tree: Tree, node: int) -> tuple[str, str]:
    """The word and its right neighbour in small letters."""
    return tree.words[node].text.lower(), tree.words[node + 1].text.lower()


def phrases(tree: Tree) -> Tree:
    """Prepositional phrases and clauses are named by what they hang on: nmod and acl on nominals, else obl, advcl.

    >>> phrases(Tree.sketch("man/NOUN/ROOT/0 in/ADP/case/3 hat/NOUN/prep/1"))
    man/ROOT/0 in/case/3 hat/nmod/1
    >>> phrases(Tree.sketch("eaten/VERB/ROOT/0 by/ADP/case/3 dogs/NOUN/agent/1"))
    eaten/ROOT/0 by/case/3 dogs/obl:agent/1
    """
    labels = {}
    for i, label in enumerate(tree.labels):
        if label in ("prep", "agent", "dative") and tree.has(i, "case", "mark"):
            nominal = _nominal(tree, tree.heads[i])
            if tree.words[i].upos in ("VERB", "AUX") and not tree.has(i, "case"):
                labels[i] = "acl" if nominal else "advcl"
            else:
                labels[i] = "obl:agent" if label == "agent" else "nmod" if nominal else "obl"
    return tree.relabelled(labels)


def _nominal(tree: Tree, node: int) -> bool:
    """Nouns, pronouns, numbers, and determiners or adjectives in a noun's place (*some of them*)."""
    upos = tree.words[node].upos
    return upos in NOMINAL or (upos in ("DET", "ADJ") and tree.labels[node] in ARGUMENT - {"ROOT"})


def copulas(tree: Tree) -> Tree:
    """The predicate of *be* takes its place, and *be* becomes its copula.

    >>> copulas(Tree.sketch("Dogs/NOUN/nsubj/2 are=be/AUX/ROOT/0 red/ADJ/acomp/2"))
    Dogs/nsubj/3 are/cop/3 red/ROOT/0
    >>> copulas(Tree.sketch("goal/NOUN/nsubj/2 is=be/AUX/ROOT/0 to/PART/mark/4 win/VERB/xcomp/2"))
    goal/nsubj:outer/4 is/cop/4 to/mark/4 win/ROOT/0
    """
    for node in tree.deepest_first:
        word, label = tree.words[node], tree.labels[node]
        if word.lemma == "be" and label not in ("aux", "auxpass", "cop") and not tree.has(node, "expl"):
            predicate = _predicate(tree, node)
            if predicate is None:
                continue
            if tree.labels[predicate] in ("ccomp", "xcomp"):
                tree = tree.relabelled({i: f"{tree.labels[i]}:outer" for i in _subjects(tree, node)})
            tree = tree.promoted(predicate, below="cop")
    return tree


def _subjects(tree: Tree, node: int) -> list[int]:
    return [i for i in tree.children[node] if tree.labels[i] in SUBJECTS]


def _predicate(tree: Tree, node: int) -> int | None:
    """What *be* says of its subject: noun or adjective, else a place, else a clause."""
    children = tree.children[node]
    wanted = [i for i in children if tree.labels[i] in ("attr", "acomp", "oprd")]
    wanted = [i for i in wanted if i > node] or wanted
    if not wanted and _subjects(tree, node):
        wanted = [i for i in children if tree.labels[i] in ("obl", "nmod") and i > node]
    if not wanted:
        adverbs = [i for i in children if tree.labels[i] in ("advmod", "prt", "prep")]
        wanted = [i for i in adverbs if (tree.words[i].lemma.lower(),) in PLACES]
    if not wanted and _subjects(tree, node):
        wanted = [i for i in children if tree.labels[i] in ("ccomp", "xcomp") and i > node]
    return wanted[0] if wanted else None


def lists(tree: Tree) -> Tree:
    """*a cup, a plate and a fork*: one thing cannot be in apposition to several, so these are conjuncts.

    >>> lists(Tree.sketch("cup/NOUN.NN/ROOT/0 ,/PUNCT/punct/1 plate/NOUN/appos/1 and/CCONJ/cc/3 fork/NOUN/conj/3"))
    cup/ROOT/0 ,/punct/1 plate/conj/1 and/cc/3 fork/conj/3
    """
    labels = {}
    for node in tree.deepest_first:
        if tree.labels[node] == "appos" and tree.words[tree.heads[node]].xpos in ("NN", "NNP"):
            several = any(tree.labels[i] == "conj" or i in labels for i in tree.children[node])
            if several and tree.words[node].upos == tree.words[tree.heads[node]].upos:
                labels[node] = "conj"
    return tree.relabelled(labels)


def coordination(tree: Tree) -> Tree:
    """All conjuncts hang on the first; each conjunction on the conjunct that follows it.

    >>> coordination(Tree.sketch("a/X/ROOT/0 ,/PUNCT/punct/1 b/X/conj/1 and/CCONJ/cc/3 c/X/conj/3"))
    a/ROOT/0 ,/punct/1 b/conj/1 and/cc/5 c/conj/1
    """
    first: dict[int, int] = {}
    for node in reversed(tree.deepest_first):
        if tree.labels[node] == "conj":
            first[node] = first.get(tree.heads[node], tree.heads[node])
    edges = {node: (top, "conj") for node, top in first.items()}
    for node, label in enumerate(tree.labels):
        if label == "cc":
            top = first.get(tree.heads[node], tree.heads[node])
            after = [i for i, other in first.items() if other == top and i > node > top]
            edges |= {node: (min(after), "cc")} if after else {}
    return tree.rewired(edges)


def money(tree: Tree) -> Tree:
    """The currency sign is the head of its number.

    >>> money(Tree.sketch("pay/VERB/ROOT/0 $/SYM/nmod/3 5/NUM/dobj/1"))
    pay/ROOT/0 $/dobj/1 5/nummod/2
    """
    for node, word in enumerate(tree.words):
        head = tree.heads[node]
        if word.upos == "SYM" and word.text in "$£€¥" and head > node and tree.words[head].upos == "NUM":
            tree = tree.promoted(node, below="nummod")
    return tree


def fixed(tree: Tree) -> Tree:
    """Two- and three-word function words: the first is the head (UD's list of fixed expressions).

    >>> fixed(Tree.sketch("because/ADP/case/3 of/ADP/case/3 rain/NOUN/obl/4 stay/VERB/ROOT/0"))
    because/case/3 of/fixed/1 rain/obl/4 stay/ROOT/0
    """
    for first in range(len(tree.words) - 1):
        second = first + 1
        together = tree.heads[first] == tree.heads[second] > second and tree.labels[second] in ("case", "mark")
        if together and _pair(tree, first) in FIXED_PREPOSITIONS:
            tree = tree.rewired({first: (tree.heads[first], tree.labels[second]), second: (first, "fixed")})
    return tree


def relabel(tree: Tree) -> Tree:
    """Every label that is still ClearNLP's gets its UD name.

    >>> relabel(Tree.sketch("saw/VERB/ROOT/0 two/NUM.CD/amod/3 dogs/NOUN/dobj/1 never/ADV.RB/neg/1"))
    saw/root/0 two/nummod/3 dogs/obj/1 never/advmod/1
    """
    return tree.relabelled({i: _renamed(tree, i) for i in range(len(tree.words))})


NAMES = {label.name: label.ud for label in load_scheme("clear").labels.values()}


def _renamed(tree: Tree, i: int) -> str:
    label = tree.labels[i]
    special = CONTEXT.get(label)
    return (special(tree, i, tree.heads[i]) if special else None) or NAMES.get(label, label)


def _modifier(tree: Tree, i: int, head: int) -> str | None:
    if tree.words[i].xpos == "CD":
        return "nummod"
    return None


def _nmod(tree: Tree, i: int, head: int) -> str | None:
    if tree.has(i, "case"):
        return "nmod"
    return {"ADJ": "amod", "NUM": "nummod"}.get(tree.words[i].upos, "compound")


def _adverb(tree: Tree, i: int, head: int) -> str | None:
    return "compound:prt" if tree.words[i].xpos == "RP" else None


def _negation(tree: Tree, i: int, head: int) -> str | None:
    return "det" if tree.words[i].xpos == "DT" else None


def _unmarked(tree: Tree, i: int, head: int) -> str | None:
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
    return "obl" if tree.labels[head] in ("relcl", "acl:relcl") and tree.words[i].upos == "ADP" else "advmod"


CONTEXT: dict[str, Callable[[Tree, int, int], str | None]] = {
    "amod": _modifier, "nmod": _nmod, "advmod": _adverb, "neg": _negation, "npadvmod": _unmarked,
    "quantmod": _quantity, "relcl": _relative, "dative": _dative, "prep": _bare_preposition, "agent": _bare_preposition,
}  # fmt: skip

RULES: tuple[Rule, ...] = (
    infinitives, existentials, small_clauses, prepositions, phrases, copulas, lists, coordination, money, relabel,
    fixed, punctuation,
)  # fmt: skip


def to_basic(tree: Tree) -> Tree:
    """A ClearNLP tree as basic UD: all ``RULES`` in order."""
    for rule in RULES:
        tree = rule(tree)
    return tree
