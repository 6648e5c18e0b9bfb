"""Zero-shot judges on tiny random models of each kind, saved and loaded as the Hub's are; no download."""

import numpy as np
import pytest
import torch
from PIL import Image

from visuosyn.errors import UserError
from visuosyn.judge import load_judge
from visuosyn.judge.zero_shot import _filled
from visuosyn.testing import toy_tokenizer

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def owl(folder):
    from transformers import Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil, Owlv2Processor

    text = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    tokenizer = toy_tokenizer(16)
    vision = text | {"image_size": 32, "patch_size": 16}
    text = text | {"vocab_size": len(tokenizer), "max_position_embeddings": 16, "pad_token_id": 0}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = Owlv2Config(text_config=text | ends, vision_config=vision, projection_dim=16)
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    images = Owlv2ImageProcessorPil(size={"height": 32, "width": 32})
    Owlv2Processor(images, tokenizer).save_pretrained(folder)


def clipseg(folder):
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, CLIPSegProcessor, ViTImageProcessorPil

    text = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2}
    tokenizer = toy_tokenizer(16)
    vision = text | {"image_size": 32, "patch_size": 8}
    text = text | {"vocab_size": len(tokenizer), "max_position_embeddings": 16, "pad_token_id": 0}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = CLIPSegConfig(
        text_config=text | ends, vision_config=vision, projection_dim=16, extract_layers=[0, 1, 2], reduce_dim=8,
        decoder_num_attention_heads=2, decoder_intermediate_size=16,
    )  # fmt: skip
    CLIPSegForImageSegmentation(config).save_pretrained(folder)
    CLIPSegProcessor(ViTImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)


@pytest.fixture(scope="module", params=[owl, clipseg], ids=["owlv2", "clipseg"])
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        request.param(folder)
    return str(folder)


def test_verdicts_are_those_of_the_threshold(model):
    sure, unsure = (load_judge(model, device="cpu", threshold=level) for level in (0.9999999, 0.0001))
    for judge, there in ((sure, False), (unsure, True)):
        verdicts = judge.judge(PICTURE, ["cat", "red ball"])
        assert [verdict.noun for verdict in verdicts] == ["cat", "red ball"]
        for verdict in verdicts:
            assert verdict.present is there is (verdict.score >= judge.facts["threshold"])
            assert verdict.mask.shape == (48, 64) and verdict.count in (None, 4 * there)  # four patches, four boxes
            assert there or not verdict.mask.any()  # a random box may lie outside of the picture
    assert sure.judge(PICTURE, ["cat"])[0].score == unsure.judge(PICTURE, ["cat"])[0].score
    assert sure.nouns is None and sure.facts["threshold"] == 0.9999999 and sure.facts["recall"] is None


def test_a_noun_is_judged_alike_whatever_else_is_asked(model):
    judge = load_judge(model, device="cpu")
    alone = judge.judge(PICTURE, ["cat"])[0]
    among = judge.judge(PICTURE, ["dog", "cat"])[1]
    assert alone.score == pytest.approx(among.score, abs=1e-6) and (alone.mask == among.mask).all()


def dino(folder):
    from transformers import (
        BertTokenizerFast,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessorPil,
        GroundingDinoProcessor,
        SwinConfig,
    )

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "a", "cat", "dog", "red", "ball"]
    backbone = SwinConfig(
        image_size=32, window_size=2, embed_dim=8, depths=[1] * 4, num_heads=[1, 1, 2, 2], out_indices=[2, 3, 4]
    )
    text = {"model_type": "bert", "vocab_size": len(words), "hidden_size": 16, "num_hidden_layers": 1}
    text |= {"num_attention_heads": 2, "intermediate_size": 16}
    config = GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, encoder_attention_heads=2, decoder_attention_heads=2, num_queries=5, max_text_len=16,
    )  # fmt: skip
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    images = GroundingDinoImageProcessorPil(size={"shortest_edge": 128, "longest_edge": 256})
    tokenizer = BertTokenizerFast(vocab={word: number for number, word in enumerate(words)})
    GroundingDinoProcessor(images, tokenizer).save_pretrained(folder)


def test_grounding_dino(tmp_path):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        dino(tmp_path)
    counts = []
    for level in (0.001, 0.5, 0.999999):
        judge = load_judge(str(tmp_path), device="cpu", threshold=level)
        cat, ball = judge.judge(PICTURE, ["cat", "red ball"])
        assert cat.mask.shape == (48, 64) and cat.present == (cat.score >= level) == (cat.count > 0)
        assert (cat.noun, ball.noun) == ("cat", "red ball")
        counts.append(cat.count)
    assert counts[0] == 5 >= counts[1] >= counts[2]  # of five queries


def test_boxes_become_masks():
    mask = _filled(np.array([[1.2, -3.0, 2.9, 2.0], [0, 3, 9, 9]]), (4, 5))
    assert mask.astype(int).tolist() == [[0, 1, 1, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]]


def test_models_of_another_kind_and_wrong_thresholds_are_refused(model, tiny_model):
    with pytest.raises(UserError, match="between 0 and 1"):
        load_judge(model, threshold=1.5)
    with pytest.raises(UserError, match="is a clip_text_model model: use one of owlvit"):
        load_judge(str(tiny_model / "text_encoder"))
    with pytest.raises(UserError, match="cannot be loaded"):
        load_judge(str(tiny_model / "nowhere"))
    with pytest.raises(UserError, match="device 'nothing'"):
        load_judge(model, device="nothing")


def test_pictures_may_be_of_pil(model):
    from visuosyn.judge import as_image

    judge = load_judge(model, device="cpu")
    image = as_image(Image.fromarray(PICTURE))
    assert judge.judge(image, ["cat"])[0].score == judge.judge(PICTURE, ["cat"])[0].score
