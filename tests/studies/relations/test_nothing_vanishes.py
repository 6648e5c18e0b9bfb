"""Words in = words measured + words listed as dropped; the same of pairs, over every corpus of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

import visuosyn as vs
from visuosyn.parse import all_pairs
from visuosyn.studies.relations.study import RELATIONS, trace_corpus
from visuosyn.studies.settings import settings_of
from visuosyn.testing import tiny_pipeline, toy_tokenizer

CORPORA = sorted((Path(__file__).parents[2] / "corpora").glob("*/*.conllu"))
TROUBLE = (
    "# sent_id = odd\n# text = chat du roi et du\n1\tchat\tchat\tNOUN\t_\t_\t0\troot\t0:root|7.1:nsubj\t_\n"
    "2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n2\tde\tde\tADP\t_\t_\t4\tcase\t4:case\t_\n3\tle\tle\tDET\t_\t_\t4\tdet\t4:det\t_\n"
    "4\troi\troi\tNOUN\t_\t_\t1\tnmod\t1:nmod\t_\n5\tet\tet\tCCONJ\t_\t_\t4\tcc\t4:cc|5:cc\t_\n"
    "6-7\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n6\tde\tde\tADP\t_\t_\t7\tcase\t7:case\t_\n7\tle\tle\tDET\t_\t_\t4\tconj\t4:conj\t_\n"
    "7.1\t_\t_\t_\t_\t_\t_\t_\t1:conj\t_\n\n"
)


@pytest.fixture(scope="module")
def pipeline():
    pipeline = tiny_pipeline("sd1")
    pipeline.tokenizer = toy_tokenizer(limit=24)
    return pipeline


@pytest.mark.parametrize("path", [*CORPORA, None], ids=lambda path: "trouble" if path is None else path.parent.name)
def test_every_word_and_pair_is_measured_or_listed(path, pipeline, tmp_path):
    """The tokenizer cuts most words to letters and reads 24 tokens, so that most captions lose words."""
    if path is None:
        path = tmp_path / "odd.conllu"
        path.write_text(TROUBLE)
    settings = settings_of(model=pipeline, steps=1, guidance=0, size=(16, 16), batch_size=64, masks="soft")
    folder = trace_corpus(path, out=tmp_path / "run", settings=settings)
    RELATIONS.measure(folder)
    study = vs.open_run(folder.path)
    pairs, dropped = study.pairs, study.dropped
    traced = {maps.caption_id: len(maps) for maps in folder.heat_maps()}
    lost = dropped[dropped["seed"].notna()].groupby(["caption_id", "what"]).size()
    for sentence in study.sentences:
        assert traced[sentence.id] + lost.get((sentence.id, "word"), 0) == len(sentence.words), sentence.id
        measured = pairs[pairs["caption_id"] == sentence.id]
        wanted = all_pairs(sentence)
        assert len(measured) + lost.get((sentence.id, "pair"), 0) == len(wanted), sentence.id
        assert [(wanted[n].head, wanted[n].dependent, wanted[n].relation) for n in measured["pair"]] == list(
            measured[["head_position", "dependent_position", "relation"]].itertuples(index=False, name=None)
        )
        edges = sum(head != -1 for word in sentence.words for head, _ in word.deps or [(word.head, "")])
        empty = sum("." in edge.split(":")[0] for word in sentence.words for edge in word.graph.split("|"))
        told = ((dropped["caption_id"] == sentence.id) & dropped["seed"].isna()).sum()
        assert sum(pair.kind == "related" for pair in wanted) + told == edges + empty, sentence.id
    assert (dropped["reason"] != "").all()
    assert "pair" in set(dropped["what"])
    assert set(traced) == {sentence.id for sentence in study.sentences}
