from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.builder import sentence
from visuosyn.data import Sentence, Word, WordPair
from visuosyn.parse import word_pairs
from visuosyn.view.tree import levels, text_width, tree_svg

SVG = "{http://www.w3.org/2000/svg}"


def groups(svg: str, kind: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [g for g in root.iter(f"{SVG}g") if kind in g.attrib.get("class", "").split()]


def test_every_related_pair_is_an_arc_by_its_number_and_no_other_is() -> None:
    tree = sentence("a monkey with a hat walking")
    pairs = word_pairs(tree)
    arcs = groups(tree_svg(tree, pairs), "arc")
    assert sorted(int(a.attrib["data-pair"]) for a in arcs) == [n for n, p in enumerate(pairs) if p.kind == "related"]
    assert "acl: head monkey, dependent walking" in {a.attrib["aria-label"] for a in arcs}
    assert len(groups(tree_svg(tree, pairs), "root")) == 1


def test_an_edge_of_the_enhanced_graph_alone_is_drawn_below() -> None:
    tree = sentence("a red ball")
    words = list(tree.words)
    words[0] = replace(words[0], deps=((2, "det"), (1, "extra")))
    tree = replace(tree, words=tuple(words))
    arcs = groups(tree_svg(tree, word_pairs(tree)), "enhanced")
    assert [a.attrib["aria-label"] for a in arcs] == ["extra: head red, dependent a"]
    word = float(groups(tree_svg(tree, word_pairs(tree)), "word")[0].find(f"{SVG}text").attrib["y"])
    assert float(arcs[0].find(f"{SVG}text").attrib["y"]) > word


def test_words_know_their_row_or_that_they_have_none() -> None:
    tree = sentence("a red ball")
    words = groups(tree_svg(tree, word_pairs(tree), rows=[None, 0, 1], unknown=frozenset({"ball"})), "word")
    assert [w.attrib.get("data-row") for w in words] == [None, "0", "1"]
    assert words[0].attrib["aria-label"] == "a DET, no heat map"
    assert "unknown" in words[2].attrib["class"]


def test_captions_are_escaped_and_the_file_is_well_formed() -> None:
    text = """<script>alert("x")</script> & 'y'"""
    tree = Sentence("1", text, (Word(text, 0, len(text), 0, upos="<b>", head=-1, relation="root"),))
    svg = tree_svg(tree, (), standalone=True)
    assert "<script" not in svg and "<b>" not in svg
    assert ElementTree.fromstring(svg).attrib["aria-label"] == f"Dependency tree of: {text}"


def test_an_unparsed_sentence_is_a_row_of_words() -> None:
    tree = Sentence("1", "a b", (Word("a", 0, 1), Word("b", 2, 3)))
    svg = tree_svg(tree, word_pairs(tree))
    assert len(groups(svg, "word")) == 2 and not groups(svg, "arc") and not groups(svg, "root")


edges = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda e: e[0] != e[1]), unique=True)


@given(edges)
def test_arcs_of_one_level_never_share_a_stretch_and_inner_arcs_lie_lower(found: list[tuple[int, int]]) -> None:
    arcs = levels([(n, WordPair(h, d, "x")) for n, (h, d) in enumerate(found)])
    assert len(arcs) == len(found)
    for one in arcs:
        for other in arcs:
            if one.number < other.number and one.ends[0] < other.ends[1] and other.ends[0] < one.ends[1]:
                assert one.level != other.level
            inside = one.ends[0] >= other.ends[0] and one.ends[1] <= other.ends[1] and one.ends != other.ends
            assert not inside or one.level < other.level


def test_wide_letters_are_wider() -> None:
    assert text_width("mmm") > text_width("nnn") > text_width("iii")
    assert text_width("猫") > text_width("a")
