"""Using the tracer: words, several calls, errors, and what is left behind."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor
from transformers import BatchFeature

from tests.tracing.calls import noises, options
from visuosyn.data import Dropped, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import split_words, trace

PROMPTS = ["a dog and a cat in a hat", "the red ball"]


def hooks(pipe: Any) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in pipe.unet.modules())


def test_prompts_without_words(pipe: Any) -> None:
    with trace(pipe) as tracer:
        pipe(["", " "], num_inference_steps=4, output_type="latent")
        with pytest.raises(UserError, match="the list of prompts is empty"):
            pipe([], num_inference_steps=1)
    assert [(len(maps), maps.array.shape, maps.cosines.shape) for maps in tracer.heat_maps()] == [
        (0, (0, 16, 16), (0, 0)),
    ] * 2


def test_two_images_a_prompt_and_several_calls(pipe: Any) -> None:
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with trace(pipe) as tracer:
        pipe(PROMPTS, num_images_per_prompt=2, generator=noises(4), **call)
        pipe("a ball", generator=noises(1, first=9), **call)
    maps = tracer.heat_maps()
    assert [m.prompt for m in maps] == [PROMPTS[0], PROMPTS[0], PROMPTS[1], PROMPTS[1], "a ball"]
    with trace(pipe) as again:
        pipe([PROMPTS[0], PROMPTS[0], PROMPTS[1], PROMPTS[1]], generator=noises(4), **call)
    for one, other in zip(maps[:4], again.heat_maps(), strict=True):
        assert np.allclose(one.array, other.array, atol=1e-6)
    assert not np.allclose(maps[0].array, maps[1].array, atol=1e-6)
    sentences = [Sentence(str(i), text, split_words(text)) for i, text in enumerate([*PROMPTS, "a ball"])]
    assert [m.caption_id for m in tracer.heat_maps(sentences)] == ["0", "0", "1", "1", "2"]
    each = [sentences[i] for i in (0, 0, 1, 1, 2)]
    assert [m.caption_id for m in tracer.heat_maps(each)] == ["0", "0", "1", "1", "2"]
    with pytest.raises(UserError, match="2 sentences for 3 prompts and 5 images"):
        tracer.heat_maps(sentences[:2])
    with pytest.raises(UserError, match="is not the prompt that was drawn"):
        tracer.heat_maps(sentences[::-1])


def test_words_of_a_prompt(pipe: Any) -> None:
    long = " ".join(["a red ball and"] * 30)
    with trace(pipe) as tracer:
        pipe(["a dog and a cat in a hat", "the skateboarder", long], num_inference_steps=1, generator=noises(3))
    dog, skate, cut = tracer.heat_maps()
    where = [i for i, word in enumerate(dog.words) if word.text == "a"]
    assert where == [0, 3, 6]
    assert all(not np.allclose(dog.array[i], dog.array[j], rtol=1e-3) for i in where for j in where if i < j)
    with pytest.raises(UserError, match=r"choose a row of \[0, 3, 6\]"):
        dog["a"]
    assert skate.tokens == (1, 5)
    assert skate["skateboarder"].array.shape == (16, 16)
    assert len(cut.words) == 75
    assert len(cut.dropped) == 120 - 75
    assert {d.reason for d in cut.dropped} == {"past the model's limit of 77 tokens"}
    assert [d.text for d in cut.dropped] == [w.text for w in split_words(long)[75:]]


def test_a_word_cut_by_the_limit_is_dropped_whole(pipe: Any) -> None:
    text = "a " * 73 + "skateboarder"
    with trace(pipe) as tracer:
        pipe(text, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps()
    assert len(maps.words) == 73
    assert [d.text for d in maps.dropped] == ["skateboarder"]


def test_words_come_from_the_sentence(pipe: Any) -> None:
    text = "a cat in a hat"
    words = (Word("cat", 2, 5, 0, head=-1), Word("in a", 6, 10, 1, head=0), Word(" ", 1, 2, 2), Word("hat", 11, 14, 3))
    with trace(pipe) as tracer:
        pipe(text, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps([Sentence("c7", text, words)])
    assert [(w.text, w.index, w.head) for w in maps.words] == [("cat", 0, -1), ("in a", 1, 0), ("hat", 2, None)]
    assert maps.tokens == (1, 2, 1)
    assert [(d.what, d.caption_id, d.text) for d in maps.dropped] == [("word", "c7", " ")]
    assert "no token" in maps.dropped[0].reason


def test_nothing_is_left_behind(pipe: Any) -> None:
    kind, attributes = type(pipe), set(vars(pipe))
    before = hooks(pipe)
    with trace(pipe) as tracer:
        assert isinstance(pipe, kind)
        assert type(pipe).__name__ == kind.__name__
        pipe("a cat", num_inference_steps=1, output_type="latent")
        assert hooks(pipe) == before
    assert type(pipe) is kind
    assert set(vars(pipe)) <= attributes | {"_num_timesteps", "_interrupt"} | {a for a in vars(pipe) if a[0] == "_"}
    assert hooks(pipe) == before
    assert len(tracer.heat_maps()) == 1


def test_an_exception_inside_the_block(pipe: Any) -> None:
    kind, before = type(pipe), hooks(pipe)
    plain = pipe("a cat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    layer = next(m for m in pipe.unet.modules() if getattr(m, "is_cross_attention", False))

    def fail(*_: Any) -> None:
        raise failure

    for failure in (ValueError("inside a layer"), KeyboardInterrupt()):
        handle = layer.to_q.register_forward_hook(fail)
        with pytest.raises(type(failure)), trace(pipe) as tracer:
            pipe("a ball", num_inference_steps=1, output_type="latent")
        handle.remove()
        assert type(pipe) is kind
        assert hooks(pipe) == before
        assert torch.overrides._get_current_function_mode_stack() == []
        with pytest.raises(UserError, match="nothing was drawn"):
            tracer.heat_maps()
    again = pipe("a cat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    assert torch.equal(plain, again)


def test_a_failed_call_leaves_the_others(pipe: Any) -> None:
    def stop(*_: Any) -> dict[str, Any]:
        raise RuntimeError("stop")

    with trace(pipe) as tracer:
        pipe("a cat", num_inference_steps=1, output_type="latent")
        with pytest.raises(RuntimeError, match="stop"):
            pipe("a hat", num_inference_steps=2, callback_on_step_end=stop)
        pipe("a ball", num_inference_steps=1, output_type="latent")
    assert [maps.prompt for maps in tracer.heat_maps()] == ["a cat", "a ball"]


def test_setup_that_fails_half_way(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before, layers = hooks(pipe), [m for m in pipe.unet.modules() if getattr(m, "is_cross_attention", False)]
    monkeypatch.setattr(layers[2].to_q, "register_forward_hook", None)
    with trace(pipe), pytest.raises(TypeError):
        pipe("a cat", num_inference_steps=1)
    assert hooks(pipe) == before


def test_everything_is_freed() -> None:
    pipe = tiny_pipeline("sd1")
    with trace(pipe) as tracer:
        pipe("a cat", num_inference_steps=1, output_type="latent")
    watched = [weakref.ref(pipe), weakref.ref(pipe.unet), weakref.ref(next(pipe.unet.parameters()))]
    del pipe
    gc.collect()
    assert [ref() for ref in watched] == [None] * 3
    assert len(tracer.heat_maps()) == 1
    sums = weakref.ref(tracer._records[0])
    del tracer
    gc.collect()
    assert sums() is None


def test_state_does_not_grow_with_steps(pipe: Any) -> None:
    def held(steps: int) -> int:
        with trace(pipe) as tracer:
            pipe(PROMPTS[0], num_inference_steps=steps, output_type="latent")
        return sum(array.nbytes for _, array, _ in tracer._records[0].sums)

    assert held(3) == held(9)


def test_wrong_use_is_an_error(pipe: Any) -> None:
    with pytest.raises(UserError, match="nothing was drawn"), trace(pipe) as tracer:
        tracer.heat_maps()
    with pytest.raises(UserError, match="used before"):
        tracer.__enter__()
    with trace(pipe), pytest.raises(UserError, match="being traced already"), trace(pipe):
        pass
    with pytest.raises(UserError, match=r"detail \['heads'\] is not known: use some of step, layer, head"):
        trace(pipe, detail=["heads"])
    with trace(pipe), pytest.raises(UserError, match="pass prompt="):
        states, _ = pipe.encode_prompt("a cat", "cpu", 1, False)
        pipe(prompt_embeds=states, num_inference_steps=1)
    with trace(pipe), pytest.raises(UserError, match="AttnProcessor2_0"):
        pipe.enable_attention_slicing()
        try:
            pipe("a cat", num_inference_steps=1)
        finally:
            pipe.disable_attention_slicing()
    own = pipe.unet.attn_processors
    pipe.unet.set_attn_processor(AttnProcessor())
    with trace(pipe), pytest.raises(UserError, match="processor AttnProcessor"):
        pipe("a cat", num_inference_steps=1)
    pipe.unet.set_attn_processor(own)
    with pytest.raises(UserError, match=r"dict is of no family .* unet: StableDiffusionPipeline, "):
        trace({})
    with pytest.raises(UserError, match=r"watches a loaded pipeline, and 'a cat' is a text: .* look\(prompt\)"):
        trace("a cat")


def test_a_compiled_denoiser_is_refused() -> None:
    part, whole = tiny_pipeline("sd1"), tiny_pipeline("sd1")
    part.unet.down_blocks[0].compile(backend="eager")
    whole.unet = torch.compile(whole.unet, backend="eager")
    for pipe in (part, whole):
        with pytest.raises(UserError, match=r"before torch\.compile"):
            trace(pipe)


def test_strength_too_low_for_a_step(pipelines: Any) -> None:
    pipe = pipelines("sdxl-img2img")
    call = {"num_inference_steps": 2, **options("sdxl-img2img")}
    with trace(pipe) as tracer:
        pipe("a cat", **call | {"strength": 0.5})
    assert tracer.heat_maps()[0].steps == 1


def test_second_prompt_of_sdxl(pipelines: Any) -> None:
    pipe = pipelines("sdxl")
    with trace(pipe) as tracer:
        pipe("a cat", prompt_2="a cat", num_inference_steps=1, output_type="latent")
        with pytest.raises(UserError, match="prompt_2 differs"):
            pipe("a cat", prompt_2="a dog", num_inference_steps=1)
    assert len(tracer.heat_maps()) == 1


def test_two_tokenizers_that_disagree() -> None:
    from visuosyn.testing import toy_tokenizer

    pipe = tiny_pipeline("sdxl")
    pipe.tokenizer_2 = toy_tokenizer(limit=40)
    with trace(pipe), pytest.raises(UserError, match="the two tokenizers"):
        pipe("a cat", num_inference_steps=1)


@pytest.mark.parametrize("return_dict", [True, False])
def test_an_image_that_the_safety_checker_blackened(return_dict: bool) -> None:
    class Checker(torch.nn.Module):
        """Blackens the second image, as the checker of Stable Diffusion 1 does."""

        device, dtype = torch.device("cpu"), torch.float32

        def forward(self, images: Any, clip_input: Any) -> tuple[Any, list[bool]]:
            images[1] = 0
            return images, [False, True]

    class Features:
        def __call__(self, images: Any, return_tensors: str) -> Any:
            return BatchFeature({"pixel_values": torch.zeros(len(images), 3, 8, 8)})

    pipe = tiny_pipeline("sd1")
    pipe.safety_checker, pipe.feature_extractor = Checker(), Features()
    with trace(pipe) as tracer:
        pipe(["a cat", "a dog"], num_inference_steps=1, return_dict=return_dict)
    clean, black = tracer.heat_maps()
    assert clean.dropped == ()
    assert black.dropped == (Dropped("image", "", "a dog", "blackened by the model's safety checker"),)
    assert black.image.getextrema() == ((0, 0),) * 3
