"""Coreferent words by fastcoref: its own model class with random weights, its own result class filled by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.corpus import conllu
from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse import coreferent_pairs, load_coreference
from visuosyn.parse.coreference import Coreference, with_entities

TEXT = "a dog licks its paw"


def sentence(text: str = TEXT, misc: str = "") -> Sentence:
    words, at = [], 0
    for form in text.split():
        words.append(Word(form, at, at + len(form), len(words), head=-1 if not words else 0, relation="dep", misc=misc))
        at += len(form) + 1
    return Sentence("c", text, tuple(words))


spans = st.tuples(st.integers(0, 4), st.integers(1, 3)).map(lambda found: (found[0], min(5, sum(found))))


@given(st.lists(st.lists(spans, max_size=3), max_size=3))
def test_brackets_are_read_as_they_were_written(clusters: list[list[tuple[int, int]]]) -> None:
    tree = sentence()
    marked = with_entities(tree, clusters)
    characters = [
        [(tree.words[a].start, tree.words[b - 1].end) for a, b in set(cluster)]
        for cluster in clusters
        if len(set(cluster)) > 1
    ]
    crossing = any(a < c < b < d for cluster in clusters for a, b in cluster for c, d in cluster)
    if not crossing:  # brackets of one name cannot tell which of two crossing mentions they close
        assert coreferent_pairs(marked) == coreferent_pairs(tree, characters)
    (again,) = conllu.read(conllu.write([marked]))
    assert [word.misc for word in again.words] == [word.misc for word in marked.words]


def test_the_results_of_fastcoref_are_marked_and_given_ones_kept() -> None:
    fastcoref = pytest.importorskip("fastcoref.modeling")

    class Fixed:
        def predict(self, texts: list[list[str]], *, is_split_into_words: bool) -> list[object]:
            mentions = {(1, 2): (0, (0, 2)), (4, 4): (1, (3, 4)), (0, 0): (None, None)}  # as its own char_map
            return [fastcoref.CorefResult(text, [list(mentions)], mentions, {}, None, 0) for text in texts]

    given = sentence(misc="Entity=(e7)")
    marked, kept = Coreference("m", Fixed()).mark([sentence(), given])  # type: ignore[arg-type]
    assert [word.misc for word in marked.words] == ["Entity=(e1", "Entity=e1)", "", "Entity=(e1)", ""]
    assert "# global.Entity = eid" in marked.comments
    assert kept is given
    assert {(p.head, p.dependent) for p in coreferent_pairs(marked)} == {(0, 3)}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_model_of_random_weights_is_loaded_and_asked(tmp_path: Path) -> None:
    pytest.importorskip("fastcoref")
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import RobertaConfig, RobertaTokenizerFast

    with pytest.raises(UserError, match=r"coreference model .* cannot be loaded"):
        load_coreference(str(tmp_path / "nothing"))
    from fastcoref.coref_models.modeling_fcoref import FCorefModel

    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    tokenizer = RobertaTokenizerFast(vocab={name: n for n, name in enumerate(names)}, merges=[], add_prefix_space=True)
    config = RobertaConfig(
        vocab_size=len(names), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=130,
    )  # fmt: skip
    config.coref_head = {
        "max_span_length": 5, "top_lambda": 0.5, "ffnn_size": 8, "dropout_prob": 0.0, "max_segment_len": 128,
        "max_doc_len": None,
    }  # fmt: skip
    FCorefModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    marked = list(load_coreference(str(tmp_path)).mark([sentence(), sentence("cats")]))
    assert [[word.text for word in one.words] for one in marked] == [TEXT.split(), ["cats"]]
    assert all(not word.misc or word.misc.startswith("Entity=") for word in marked[0].words)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastcoref", None)
    with pytest.raises(UserError, match=r"pip install 'visuosyn\[coreference\]'"):
        load_coreference("biu-nlp/f-coref")
