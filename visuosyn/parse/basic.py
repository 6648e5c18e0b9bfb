"""ClearNLP trees to basic Universal Dependencies: one small function a rule, in the order of ``RULES``.

Sources: the ClearNLP label guidelines (Choi and Palmer 2012), the UD v2 guidelines and English label pages
(universaldependencies.org), and UD English EWT of May 2025 for today's labels. The plain renamings are data
(``schemes/clear.json``); here is what changes structure or depends on the context.
"""

from __future__ import annotations

from collections.abc import Callable

from visuosyn.parse.rules.clauses import (
    copulas,
    existentials,
    explanations,
    infinitives,
    juxtapositions,
    reduced_relatives,
    small_clauses,
    subjects,
)
from visuosyn.parse.rules.coordination import coordination, likes, lists
from visuosyn.parse.rules.fixed import fixed
from visuosyn.parse.rules.labels import relabel
from visuosyn.parse.rules.nouns import dates, determiners, money, name_adjectives, names, quantities
from visuosyn.parse.rules.prepositions import phrases, prepositions, stranded
from visuosyn.parse.rules.punctuation import punctuation
from visuosyn.parse.tree import Tree

Rule = Callable[[Tree], Tree]

RULES: tuple[Rule, ...] = (
    infinitives, existentials, subjects, reduced_relatives, small_clauses, stranded, prepositions, phrases,
    copulas, juxtapositions, explanations, likes, lists, coordination, money, quantities, determiners, dates,
    names, name_adjectives, relabel, fixed, punctuation,
)  # fmt: skip


def to_basic(tree: Tree) -> Tree:
    """A ClearNLP tree as basic UD: all ``RULES`` in order."""
    for rule in RULES:
        tree = rule(tree)
    return tree
