"""Captions in ClearNLP trees and the UD graphs that a linguist would give them (UD v2 guidelines, EWT's labels)."""

from __future__ import annotations

import pytest

from visuosyn.parse.basic import to_basic
from visuosyn.parse.enhance import enhanced
from visuosyn.parse.tree import Tree

# ClearNLP words as in Tree.sketch, then UD edges head>dependent:label in word order, "+" before those that only the
# enhanced graph has
CAPTIONS = {
    "out of several words": (
        "dog/NOUN.NN/ROOT/0 in/ADP.IN/prep/1 front/NOUN.NN/pobj/2 of/ADP.IN/prep/3 cars/NOUN.NNS/pobj/4",
        "dog:root front>in:case dog>front:nmod:in cars>of:case front>cars:nmod:of",
    ),
    "two cases": (
        "men/NOUN.NNS/nsubj/2 climb/VERB.VBP/ROOT/0 out/SCONJ.IN/prep/2 of/ADP.IN/prep/3 vans/NOUN.NNS/pobj/4",
        "climb>men:nsubj climb:root vans>out:case vans>of:case climb>vans:obl:of",
    ),
    "participle with its phrase": (
        "man/NOUN.NN/ROOT/0 sitting/VERB.VBG/acl/1 on/ADP.IN/prep/2 grass/NOUN.NN/pobj/3",
        "man:root man>sitting:acl grass>on:case sitting>grass:obl:on",
    ),
    "list of three": (
        "cups/NOUN.NNS/ROOT/0 ,/PUNCT.,/punct/1 mugs/NOUN.NNS/conj/1 and/CCONJ.CC/cc/3 jars/NOUN.NNS/conj/3",
        "cups:root mugs>,:punct cups>mugs:conj:and jars>and:cc cups>jars:conj:and",
    ),
    "conjuncts share the preposition's place": (
        "hat/NOUN.NN/ROOT/0 with/ADP.IN/prep/1 dots/NOUN.NNS/pobj/2 and/CCONJ.CC/cc/3 stars/NOUN.NNS/conj/3",
        "hat:root dots>with:case hat>dots:nmod:with stars>and:cc +hat>stars:nmod:with dots>stars:conj:and",
    ),
    "coordinated prepositions": (
        "cats/NOUN.NNS/ROOT/0 on/ADP.IN/prep/1 beds/NOUN.NNS/pobj/2 and/CCONJ.CC/cc/2 under/ADP.IN/conj/2 "
        "chairs/NOUN.NNS/pobj/5",
        "cats:root beds>on:case cats>beds:nmod:on chairs>and:cc chairs>under:case +cats>chairs:nmod:under "
        "beds>chairs:conj:and",
    ),
    "coordinated adjectives": (
        "red/ADJ.JJ/amod/4 and/CCONJ.CC/cc/1 blue/ADJ.JJ/conj/1 bus/NOUN.NN/ROOT/0",
        "bus>red:amod blue>and:cc red>blue:conj:and +bus>blue:amod bus:root",
    ),
    "copula with adjective": (
        "Dogs/NOUN.NNS/nsubj/2 are=be/AUX.VBP/ROOT/0 very/ADV.RB/advmod/4 big/ADJ.JJ/acomp/2 ./PUNCT../punct/2",
        "big>Dogs:nsubj big>are:cop big>very:advmod big:root big>.:punct",
    ),
    "copula with place": (
        "cat/NOUN.NN/nsubj/2 is=be/AUX.VBZ/ROOT/0 in/ADP.IN/prep/2 boxes/NOUN.NNS/pobj/3",
        "boxes>cat:nsubj boxes>is:cop boxes>in:case boxes:root",
    ),
    "there is": (
        "There/PRON.EX/expl/2 is=be/VERB.VBZ/ROOT/0 a/DET.DT/det/4 dog/NOUN.NN/attr/2 in/ADP.IN/prep/2 "
        "grass/NOUN.NN/pobj/5",
        "is>There:expl is:root dog>a:det is>dog:nsubj grass>in:case is>grass:obl:in",
    ),
    "possessive": (
        "man/NOUN.NN/poss/3 's/PART.POS/case/1 hat/NOUN.NN/ROOT/0",
        "hat>man:nmod:poss man>'s:case hat:root",
    ),
    "possessive of": (
        "hat/NOUN.NN/ROOT/0 of/ADP.IN/prep/1 man/NOUN.NN/poss/5 's/PART.POS/case/3 son/NOUN.NN/pobj/2",
        "hat:root son>of:case son>man:nmod:poss man>'s:case hat>son:nmod:of",
    ),
    "relative clause": (
        "bed/NOUN.NN/ROOT/0 that/PRON.WDT/nsubj/3 has=have/VERB.VBZ/relcl/1 blankets/NOUN.NNS/dobj/3",
        "bed:root +has>bed:nsubj +bed>that:ref bed>has:acl:relcl has>blankets:obj",
    ),
    "relative clause without a relative word, stranded preposition": (
        "bench/NOUN.NN/ROOT/0 he/PRON.PRP/nsubj/3 sits/VERB.VBZ/relcl/1 on/ADP.IN/prep/3",
        "bench:root +sits>bench:obl sits>he:nsubj bench>sits:acl:relcl sits>on:obl",
    ),
    "infinitive after a noun": (
        "way/NOUN.NN/ROOT/0 to/PART.TO/aux/3 go/VERB.VB/relcl/1",
        "way:root go>to:mark way>go:acl:to",
    ),
    "small clause": (
        "She/PRON.PRP/nsubj/2 watches/VERB.VBZ/ROOT/0 dogs/NOUN.NNS/nsubj/4 play/VERB.VB/ccomp/2",
        "watches>She:nsubj watches:root watches>dogs:obj +play>dogs:nsubj:xsubj watches>play:xcomp",
    ),
    "passive with agent": (
        "ball/NOUN.NN/nsubjpass/3 is=be/AUX.VBZ/auxpass/3 thrown=throw/VERB.VBN/ROOT/0 by/ADP.IN/agent/3 "
        "boys/NOUN.NNS/pobj/4",
        "thrown>ball:nsubj:pass thrown>is:aux:pass thrown:root boys>by:case thrown>boys:obl:agent",
    ),
    "shared subject": (
        "He/PRON.PRP/nsubj/2 sits/VERB.VBZ/ROOT/0 and/CCONJ.CC/cc/2 eats/VERB.VBZ/conj/2 cake/NOUN.NN/dobj/4",
        "sits>He:nsubj +eats>He:nsubj sits:root eats>and:cc sits>eats:conj:and eats>cake:obj",
    ),
    "fixed conjunction": (
        "cats/NOUN.NNS/ROOT/0 as/ADV.RB/advmod/4 well/ADV.RB/advmod/4 as/ADP.IN/cc/1 dogs/NOUN.NNS/conj/1",
        "cats:root dogs>as:cc as>well:fixed as>as:fixed cats>dogs:conj:as_well_as",
    ),
    "such as": (
        "fruit/NOUN.NN/ROOT/0 such/ADJ.JJ/amod/3 as/ADP.IN/prep/1 apples/NOUN.NNS/pobj/3",
        "fruit:root apples>such:case such>as:fixed fruit>apples:nmod:such_as",
    ),
    "a preposition before that": (
        "dog/NOUN.NN/ROOT/0 in/ADP.IN/prep/1 that/DET.DT/det/4 house/NOUN.NN/pobj/2",
        "dog:root house>in:case house>that:det dog>house:nmod:in",
    ),
    "each other": (
        "cats/NOUN.NNS/nsubj/2 face/VERB.VBP/ROOT/0 each/DET.DT/det/4 other/ADJ.JJ/dobj/2",
        "face>cats:nsubj face:root face>each:obj each>other:fixed",
    ),
    "two prepositions": (
        "look/VERB.VBP/ROOT/0 up/ADP.IN/prep/1 to/ADP.IN/prep/2 stars/NOUN.NNS/pobj/3",
        "look:root stars>up:case stars>to:case look>stars:obl:to",
    ),
    "hyphens": (
        "sun/NOUN.NN/npadvmod/3 -/PUNCT.HYPH/punct/3 dried=dry/VERB.VBN/amod/4 figs/NOUN.NNS/ROOT/0",
        "dried>sun:compound sun>-:punct figs>dried:amod figs:root",
    ),
    "particle and number": (
        "Two/NUM.CD/nummod/2 men/NOUN.NNS/nsubj/3 hold/VERB.VBP/ROOT/0 up/ADP.RP/prt/3 no/DET.DT/neg/6 "
        "signs/NOUN.NNS/dobj/3",
        "men>Two:nummod hold>men:nsubj hold:root hold>up:compound:prt signs>no:det hold>signs:obj",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CAPTIONS)
def test_caption(name: str) -> None:
    source, wanted = CAPTIONS[name]
    tree = to_basic(Tree.sketch(source))
    assert edges(tree) == wanted


COLLAPSED = {
    "in front of, with conjuncts": (
        "dog/NOUN/root/0 in/ADP/case/3 front/NOUN/nmod/1 of/ADP/case/5 cars/NOUN/nmod/3 "
        "and/CCONJ/cc/7 vans/NOUN/conj/5",
        "dog:root +cars>in:case +in>front:fixed +in>of:fixed +dog>cars:nmod:in_front_of vans>and:cc "
        "+dog>vans:nmod:in_front_of cars>vans:conj:and",
    ),
    "next to": (
        "sits/VERB/root/0 next/ADV/advmod/1 to/ADP/case/4 trees/NOUN/obl/2",
        "sits:root +trees>next:case +next>to:fixed +sits>trees:obl:next_to",
    ),
    "out of": (
        "falls/VERB/root/0 out/ADP/case/4 of/ADP/case/4 trees/NOUN/obl/1",
        "falls:root trees>out:case +out>of:fixed falls>trees:obl:out_of",
    ),
    "front is a thing": (
        "see/VERB/root/0 the/DET/det/3 front/NOUN/obj/1 of/ADP/case/5 cars/NOUN/nmod/3",
        "see:root front>the:det see>front:obj cars>of:case front>cars:nmod:of",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COLLAPSED)
def test_collapsed_prepositions(name: str) -> None:
    source, wanted = COLLAPSED[name]
    assert edges(Tree.sketch(source), collapse=True) == wanted


def edges(tree: Tree, *, collapse: bool = False) -> str:
    found = []
    graph = enhanced(tree, collapse_prepositions=collapse)
    for dependent, (word, deps) in enumerate(zip(tree.words, graph, strict=True)):
        for head, label in deps:
            extra = "" if head == tree.heads[dependent] else "+"
            above = f"{tree.words[head].text}>" if head >= 0 else ""
            found.append(f"{extra}{above}{word.text}:{label}")
    return " ".join(found)
