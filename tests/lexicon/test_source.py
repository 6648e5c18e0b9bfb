"""The data against WordNet's own format, and Open English WordNet through wn on a hand-made lexicon."""

import pytest

from visuosyn.errors import UserError
from visuosyn.lexicon import load_lexicon
from visuosyn.lexicon.build import NOTICE, build

DATA = """  1 This software is provided under the following license.
  2
  3 Keep this notice.
00000001 03 n 01 entity 0 001 ~ 00000002 n 0000 | that which is
00000002 05 n 02 animal 0 Beast 0 002 @ 00000001 n 0000 ~ 00000003 n 0000 | a being
00000003 05 n 01 cat 0 002 @ 00000002 n 0000 + 00000009 v 0101 | purrs; "a cat | with a bar"
00000004 18 n 0a cat 1 a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i_j 0 002 @i 00000001 n 0000 @ 00000002 n 0000 | ten words
"""
INDEX = """  1 notice
cat n 2 1 @ 2 0 00000004 00000003
animal n 1 2 @ ~ 1 0 00000002
"""


def test_the_data_are_made_from_wordnets_files(tmp_path):
    (tmp_path / "data.noun").write_text(DATA)
    (tmp_path / "index.noun").write_text(INDEX)
    data, notice = build(tmp_path)
    assert data == "3  entity\n5 0 animal|Beast\n5 1 cat\n18 0,1 cat|a|b|c|d|e|f|g|h|i_j\n\ncat 3 2\n"
    assert notice == "This software is provided under the following license.\n\nKeep this notice.\n"


def test_the_size_of_wordnet_and_its_notice():
    source = load_lexicon().source
    assert len(list(source.lemmas())) == 117_953
    # Princeton's index.noun: giraffe has one sense; crane five, two poets, a constellation, the machine, the bird
    assert [sense.file for sense in source.senses("crane")] == ["person", "person", "object", "artifact", "animal"]
    assert "WordNet 3.1 Copyright 2011 by Princeton University" in NOTICE.read_text()


LMF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE LexicalResource SYSTEM "http://globalwordnet.github.io/schemas/WN-LMF-1.0.dtd">
<LexicalResource xmlns:dc="http://purl.org/dc/elements/1.1/">
  <Lexicon id="zoo" label="Zoo" language="en" email="a@b.c" license="CC0" version="1">
    {entries}
    {synsets}
  </Lexicon>
</LexicalResource>"""
TREE = {"cat": "feline", "dog": "canine", "feline": "beast", "canine": "beast", "beast": "being", "being": ""}


def test_a_lexicon_of_wn(tmp_path, monkeypatch):
    wn = pytest.importorskip("wn")
    monkeypatch.setattr(wn.config, "data_directory", tmp_path)
    lemma = '<Lemma writtenForm="{0}" partOfSpeech="n"/><Sense id="s-{0}" synset="zoo-{0}-n"/>'
    entry = f'<LexicalEntry id="zoo-{{0}}">{lemma}</LexicalEntry>'
    synset = '<Synset id="zoo-{0}-n" ili="" partOfSpeech="n" lexfile="noun.animal">{1}</Synset>'
    up = '<SynsetRelation relType="hypernym" target="zoo-{}-n"/>'
    down = '<SynsetRelation relType="hyponym" target="zoo-{}-n"/>'
    relations = {
        n: (up.format(t) if t else "") + "".join(down.format(k) for k in TREE if TREE[k] == n) for n, t in TREE.items()
    }
    file = tmp_path / "zoo.xml"
    file.write_text(
        LMF.format(
            entries="".join(map(entry.format, TREE)), synsets="".join(synset.format(*r) for r in relations.items())
        )
    )
    wn.add(file, progress_handler=None)
    lexicon = load_lexicon("zoo:1", depth=1, similarity=0)
    found = lexicon.relation("cat", "dogs")
    assert (found.hypernym.name, found.steps, found.depth, found.cohyponyms) == ("beast", (2, 2), 1, True)
    assert lexicon.cohyponyms("cat") == ("canine", "dog")
    with pytest.raises(UserError, match="is not in zoo:1; did you mean cat"):
        lexicon.senses("catt")
    with pytest.raises(UserError, match="python -m wn download nowhere:1"):
        load_lexicon("nowhere:1")
