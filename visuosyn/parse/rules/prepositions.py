"""Prepositions become case or mark, their complements nmod, obl, acl or advcl."""

from __future__ import annotations

from visuosyn.parse.english import word_list
from visuosyn.parse.tree import Tree

NOMINAL = {"NOUN", "PROPN", "PRON", "NUM", "SYM"}
ARGUMENT = {"nsubj", "nsubjpass", "dobj", "pobj", "attr"}
# Labels of a preposition that say no more than that it introduces a phrase; any other label passes to the phrase.
PHRASE = {"prep", "agent", "dative", "advmod", "prt", "npadvmod", "mark", "quantmod", "punct", "aux", "neg", "det"}
TWO_WORDS = word_list("fixed_prepositions") | word_list("double_prepositions")


def prepositions(tree: Tree) -> Tree:
    """A preposition becomes the case of its complement, or the mark of a clause; the complement takes its place.

    >>> prepositions(Tree.sketch("man/NOUN/ROOT/0 in/ADP/prep/1 a/DET/det/4 hat/NOUN/pobj/2"))
    man/ROOT/0 in/case/4 a/det/4 hat/prep/1
    >>> prepositions(Tree.sketch("out/ADP/prep/0 of/ADP/prep/1 town/NOUN/pobj/2"))
    out/case/3 of/case/3 town/prep/0
    """
    for node in tree.deepest_first:
        complement = _complement(tree, node) if tree.children[node] else None
        if complement is not None:
            clause = tree.labels[complement] == "pcomp" and tree.words[complement].upos in ("VERB", "AUX")
            label = tree.labels[node]
            label = label if label in ("agent", "dative") or label not in PHRASE else "prep"
            tree = tree.promoted(complement, below="mark" if clause else "case", label=label)
    return tree


def stranded(tree: Tree) -> Tree:
    """A question or relative word belongs to the preposition that its verb leaves behind (*the bed that he lies on*).

    *that* before a relative clause is such a word, also where the parse took it for a conjunction; without a stranded
    preposition it is the subject or object that the clause lacks.

    >>> stranded(Tree.sketch("that/SCONJ.IN/mark/3 he/PRON/nsubj/3 lies/VERB/relcl/5 on/ADP/prep/3 bed/NOUN/ROOT/0"))
    that/pobj/4 he/nsubj/3 lies/relcl/5 on/prep/3 bed/ROOT/0
    >>> stranded(Tree.sketch("what/PRON.WP/dobj/2 see/VERB/ROOT/0"))
    what/dobj/2 see/ROOT/0
    """
    edges = {}
    for i, (word, label, clause) in enumerate(zip(tree.words, tree.labels, tree.heads, strict=True)):
        if label not in ("mark", "dobj"):
            continue
        that = label == "mark" and word.text.lower() == "that" and tree.labels[clause] == "relcl"
        if not that and not (label == "dobj" and word.xpos[:1] == "W"):
            continue
        left = (c for c in tree.children[clause] if c > max(clause, i) and tree.labels[c] == "prep")
        bare = next((c for c in left if tree.words[c].upos == "ADP" and not tree.children[c]), None)
        if bare is not None:
            edges[i] = (bare, "pobj")
        elif that and not tree.has(clause, "nsubj", "nsubjpass"):
            edges[i] = (clause, "nsubjpass" if tree.has(clause, "auxpass") else "nsubj")
        elif that and not tree.has(clause, "dobj", "ccomp", "xcomp", "acomp", "attr"):
            edges[i] = (clause, "dobj")
    return tree.rewired(edges)


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
    """The word and its right neighbour in lower case."""
    return tree.words[node].text.lower(), tree.words[node + 1].text.lower()


def phrases(tree: Tree) -> Tree:
    """Prepositional phrases and clauses are named after what they modify: nmod and acl on nominals, else obl, advcl.

    >>> phrases(Tree.sketch("man/NOUN/ROOT/0 in/ADP/case/3 hat/NOUN/prep/1"))
    man/ROOT/0 in/case/3 hat/nmod/1
    >>> phrases(Tree.sketch("eaten/VERB/ROOT/0 by/ADP/case/3 dogs/NOUN/agent/1"))
    eaten/ROOT/0 by/case/3 dogs/obl:agent/1
    """
    labels = {}
    for i, label in enumerate(tree.labels):
        if label in ("prep", "agent", "dative") and tree.has(i, "case", "mark"):
            of_noun = nominal(tree, tree.heads[i])
            if tree.words[i].upos in ("VERB", "AUX") and not tree.has(i, "case"):
                labels[i] = "acl" if of_noun else "advcl"
            else:
                labels[i] = "obl:agent" if label == "agent" else "nmod" if of_noun else "obl"
    return tree.relabelled(labels)


def nominal(tree: Tree, node: int) -> bool:
    """Nouns, pronouns, numbers, and determiners or adjectives in a noun's place (*some of them*, *in most of them*)."""
    upos, label = tree.words[node].upos, tree.labels[node]
    return upos in NOMINAL or (upos in ("DET", "ADJ") and (label in ARGUMENT or tree.has(node, "case")))
