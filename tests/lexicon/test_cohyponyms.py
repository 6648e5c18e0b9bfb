"""Cohyponyms against a key made by hand on the 80 classes of COCO, the pairs of the literature, and near misses."""

import itertools
import subprocess
import sys

import pytest

from visuosyn.errors import UserError
from visuosyn.lexicon import are_cohyponyms, cohyponyms, load_lexicon, read_senses, relation

CLASSES = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign
parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase
frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle
wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair
couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink
refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"""
COCO = CLASSES.replace("\n", ",").split(",")

# By hand: things of one everyday kind. A mouse is read as the animal.
KEY = [
    "cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,mouse",  # mammals
    "bicycle,car,motorcycle,bus,train,truck",  # vehicles on land
    "bicycle,skateboard",  # ridden by one's own strength
    "airplane,boat",
    "snowboard,skateboard,surfboard,skis",
    "baseball bat,baseball glove,tennis racket,sports ball,frisbee",
    "backpack,handbag,suitcase",
    "bottle,wine glass,cup,bowl,vase",
    "cup,fork,knife,spoon,bowl,wine glass",  # what a table is laid with
    "knife,scissors",
    "banana,apple,orange",
    "broccoli,carrot",
    "sandwich,hot dog,pizza",
    "donut,cake",
    "bench,chair,couch,bed,dining table",
    "tv,laptop,cell phone,remote,keyboard",
    "microwave,oven,toaster,refrigerator",
    "stop sign,traffic light",
]
WRONG = {  # what the rule says against the key
    ("banana", "broccoli"),  # both are herbs
    ("parking meter", "clock"),  # both are timepieces
    ("car", "skateboard"),  # both are wheeled vehicles
    ("motorcycle", "skateboard"),
    ("truck", "skateboard"),
}
RIGHT = {frozenset(pair) for group in KEY for pair in itertools.combinations(group.split(","), 2)}


def said():
    lexicon = load_lexicon()
    return {pair for pair in itertools.combinations(COCO, 2) if lexicon.relation(*pair).cohyponyms}


def test_the_key_of_coco():
    assert len(COCO) == 80
    found = said()
    wrong = {pair for pair in found if frozenset(pair) not in RIGHT}
    assert wrong == WRONG
    assert len(found) >= 50 and 1 - len(wrong) / len(found) >= 0.9


@pytest.mark.parametrize(
    "pair", ["giraffe zebra", "cat dog", "crab lobster", "apple orange", "horse zebra", "spoon fork", "sheep goat"]
)
def test_cohyponyms(pair):
    first, second = pair.split()
    assert are_cohyponyms(first, second) and are_cohyponyms(second, first)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("zebra fridge", "too general"),
        ("horse car", "too general"),
        ("dog dog", "both mean the same"),
        ("sofa couch", "both mean the same"),
        ("dog poodle", "one is a kind of the other"),
        ("fruit apple", "one is a kind of the other"),
        ("bicycle boat", "too far below so general"),
        ("cat horse", "too far below the common hypernym (at most 3 steps)"),
    ],
)
def test_near_misses(pair, reason):
    first, second = pair.split()
    for found in (relation(first, second), relation(second, first)):
        assert not found.cohyponyms and reason in found.reason


def test_steps_and_depth_of_wordnet():
    # Worked by hand along the pointers of data.noun: giraffe < ruminant < even-toed ungulate < ungulate > ... > zebra.
    found = relation("giraffe", "zebra")
    assert (found.hypernym.name, found.steps, found.depth) == ("ungulate", (3, 3), 11)
    assert found.similarity == pytest.approx(22 / 28)
    lexicon = load_lexicon()
    chain = [sense.name for sense in lexicon.chain(found.senses[0])]
    assert chain[:4] == ["giraffe", "ruminant", "even-toed ungulate", "ungulate"] and chain[-1] == "entity"
    assert lexicon.depth_of(found.hypernym) == 11 and len(chain) == 15


def test_relations_do_not_hang_on_the_order():
    for a, b in itertools.combinations(COCO[14:40], 2):
        one, other = relation(a, b), relation(b, a)
        assert (one.cohyponyms, one.depth, one.steps) == (other.cohyponyms, other.depth, other.steps[::-1])


def test_the_food_and_the_being():
    assert relation("crab", "lobster").hypernym.name == "decapod crustacean"
    assert {sense.file for sense in load_lexicon().senses("lobster")} == {"food", "animal"}


def test_cohyponyms_of_a_noun():
    found = cohyponyms("zebra")
    assert {"horse", "giraffe", "mule"} <= set(found) and not {"zebra", "equine", "fridge", "cat"} & set(found)
    assert all(are_cohyponyms("zebra", noun) for noun in found)


def test_plurals_spellings_and_heads_of_compounds():
    lexicon = load_lexicon()
    for noun, name in {
        "Giraffes": "giraffe",
        "boxes": "box",
        "knives": "knife",
        "teddy_bear": "teddy",
        "wine glasses": "wineglass",
        "sports ball": "ball",
        "women": "woman",
    }.items():
        assert lexicon.senses(noun)[0].name == name, noun


def test_unknown_nouns_and_nouns_that_cannot_be_drawn():
    with pytest.raises(UserError, match=r"'girafe' is not in WordNet 3\.1; did you mean giraffe"):
        are_cohyponyms("girafe", "zebra")
    with pytest.raises(UserError, match="is not in"):
        are_cohyponyms("zebra", "xxqqzzxx")
    with pytest.raises(UserError, match=r"did you mean dingo, dug, dot\?"):  # things, and never names of people
        are_cohyponyms("dgo", "zebra")
    with pytest.raises(UserError, match="'love' names nothing that a picture shows"):
        are_cohyponyms("zebra", "love")


def test_senses_by_number():
    assert not are_cohyponyms("crane", "heron")  # the one that lifts
    assert load_lexicon(senses={"crane": 5}).relation("crane", "heron").hypernym.name == "wading bird"
    assert load_lexicon().relation("hat", "crown").hypernym.name == "headdress"  # from the package's own table
    with pytest.raises(UserError, match="it has no sense 7"):
        load_lexicon(senses={"giraffe": 7}).senses("giraffe")


def test_a_table_of_senses(tmp_path):
    path = tmp_path / "senses.csv"
    path.write_text("noun,sense,why\ncrane,5,the bird\n")
    assert read_senses(path) == {"crane": 5}
    for text, message in {
        "noun,number\n": ":1: no column sense",
        "noun,sense\ncrane,bird\n": ":2: the sense of 'crane' is 'bird'",
        "noun,sense\ncrane,5\ncrane,4\n": ":3: 'crane' has a sense already",
    }.items():
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            read_senses(path)
    with pytest.raises(UserError, match="is not there: name a file of senses"):
        read_senses(tmp_path / "none.csv")


def test_limits():
    assert load_lexicon(depth=6, similarity=0).relation("bowl", "cup").cohyponyms
    assert load_lexicon(steps=4, similarity=0.7).relation("cat", "horse").cohyponyms
    with pytest.raises(UserError, match="from 1 on"):
        load_lexicon(depth=0)


def test_the_data_are_read_only_when_asked_for_and_fast():
    code = (
        "import time, visuosyn, visuosyn.lexicon as lexicon\n"
        "assert not lexicon.hierarchy._wordnet.cache_info().currsize\n"
        "start = time.process_time(); lexicon.are_cohyponyms('giraffe', 'zebra')\n"
        "print(time.process_time() - start)"
    )
    assert float(subprocess.check_output([sys.executable, "-c", code], text=True)) < 1.5
