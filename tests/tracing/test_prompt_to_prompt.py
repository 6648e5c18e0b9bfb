"""Re-used attention against attention computed apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing.calls import noises, pixels
from visuosyn.errors import UserError
from visuosyn.testing import WORDS, tiny_pipeline, toy_tokenizer
from visuosyn.tracing import generator, redraw, trace
from visuosyn.tracing.align import encode
from visuosyn.tracing.prompt_to_prompt import token_moves

TOKENIZER = toy_tokenizer(12)
LATENT = {"steps": 4, "guidance": 5.0, "output_type": "latent"}


def same_noise(count: int) -> list[torch.Generator]:
    return [generator("scene", 0) for _ in range(count)]


def moves(first: str, other: str) -> np.ndarray:
    return token_moves(encode(TOKENIZER, first), encode(TOKENIZER, other))


class InjectedProbabilities:
    """Prompt-to-prompt as its authors wrote it: probabilities in full, the first prompt's put into the other rows."""

    def __init__(self, cross: bool, clock: dict[str, int], until: int, matrices: torch.Tensor, images: int) -> None:
        self.cross, self.clock, self.until, self.matrices, self.images = cross, clock, until, matrices, images

    def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
        text = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = (
            part(x).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for part, x in ((attn.to_q, hidden_states), (attn.to_k, text), (attn.to_v, text))
        )
        p = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        if self.clock["step"] < self.until:
            conditional = p[self.images :]
            if self.cross:
                conditional = torch.einsum("hqk,ikj->ihqj", conditional[0], self.matrices)
            else:
                conditional = conditional[:1].expand_as(conditional)
            p = torch.cat([p[: self.images], conditional])
        return attn.to_out[0]((p @ v).transpose(1, 2).flatten(2))


def injected(pipe: Any, texts: list[str], cross: int, own: int) -> torch.Tensor:
    """Latents drawn with probabilities injected in the first ``cross`` and ``own`` of four steps."""
    length = pipe.tokenizer.model_max_length
    encodings = [encode(pipe.tokenizer, text) for text in texts]
    matrices = torch.from_numpy(np.stack([token_moves(encodings[0], one) for one in encodings]))
    assert matrices.shape[1:] == (length, length)
    clock = {"step": -1}
    handle = pipe.unet.register_forward_pre_hook(lambda *_: clock.update(step=clock["step"] + 1))
    before = pipe.unet.attn_processors
    pipe.unet.set_attn_processor(
        {
            name: InjectedProbabilities("attn2" in name, clock, cross if "attn2" in name else own, matrices, len(texts))
            for name in before
        }
    )
    try:
        options = {"num_inference_steps": 4, "guidance_scale": 5.0, "output_type": "latent"}
        return pipe(texts, generator=same_noise(len(texts)), **options).images
    finally:
        handle.remove()
        pipe.unet.set_attn_processor(before)


def test_a_prompt_with_its_own_attention_is_the_same_picture(pipe: Any) -> None:
    texts = ["a red ball and a cat"] * 3
    plain = pipe(texts[:1], generator=same_noise(1), num_inference_steps=4, guidance_scale=5.0, output_type="latent")
    again = redraw(pipe, texts, same_noise(3), cross_share=1, self_share=1, **LATENT)
    assert torch.allclose(again, plain.images.expand_as(again), atol=1e-5)
    assert (again[1:] - again[0]).abs().max() <= 1e-6


@pytest.mark.parametrize(
    "texts",
    [
        ["a red ball and a cat", "a dog ball and a cat", "a hat ball and a dog"],  # as many tokens
        ["a red ball and a cat", "a skateboarding ball and a cat"],  # one token becomes many
        ["a skateboarding ball and a cat", "a red ball and a cat"],  # many become one
        ["a red ball and a cat", "a dog in hat ball and a cat"],  # one word becomes three
    ],
)
@pytest.mark.parametrize(("cross", "own"), [(4, 0), (0, 4), (3, 2)])
def test_it_is_prompt_to_prompt_computed_apart(pipe: Any, texts: list[str], cross: int, own: int) -> None:
    ours = redraw(pipe, texts, same_noise(len(texts)), cross_share=cross / 4, self_share=own / 4, **LATENT)
    theirs = injected(pipe, texts, cross, own)
    free = injected(pipe, texts, 0, 0)
    assert torch.allclose(ours, theirs, atol=2e-5)
    assert (theirs[1] - free[1]).abs().max() > 1e-3  # there is something to find


@pytest.mark.parametrize("name", ["sd1", "sd2", "sdxl"])
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_untouched_otherwise(pipelines: Any, name: str, guidance: float) -> None:
    pipe = pipelines(name)
    texts = ["a red ball", "a dog ball"]
    call = {"num_inference_steps": 2, "guidance_scale": guidance, "output_type": "latent"}
    plain = pipe(texts, generator=same_noise(2), **call).images
    options = {"steps": 2, "guidance": guidance, "output_type": "latent"}
    none = redraw(pipe, texts, same_noise(2), cross_share=0, self_share=0, **options)
    assert torch.equal(none, plain)
    some = redraw(pipe, texts, same_noise(2), **options)
    assert torch.equal(some[0], plain[0])
    assert not torch.equal(some[1], plain[1])
    assert torch.equal(pipe(texts, generator=same_noise(2), **call).images, plain)  # nothing stays behind
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in pipe.unet.modules())


def test_nothing_stays_behind_after_an_error(pipe: Any) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        redraw(pipe, ["a cat", "a dog"], same_noise(2), steps=2, callback_on_step_end=fail)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in pipe.unet.modules())


def test_pictures_and_size(pipe: Any) -> None:
    images = redraw(pipe, ["a cat", "a dog"], noises(2), steps=1, size=(64, 96))
    assert [image.size for image in images] == [(96, 64)] * 2
    assert pixels(images).shape == (2, 64, 96, 3)


def test_moves_by_hand() -> None:
    """Twelve places: start, own tokens, end and padding."""
    assert (moves("a red ball", "a dog ball") == np.eye(12)).all()
    split = moves("a red ball", "a skateboarder ball")  # red: 1 token; skat e boar d er: 5
    assert np.allclose(split[2, 2:7], 1 / 5)
    assert [int(np.argmax(row)) for row in split] == [0, 1, 2, 7, 8, 9, 10, 11, 11, 11, 11, 11]
    merged = moves("a skateboarder ball", "a red ball")
    assert [int(np.argmax(row)) for row in merged] == [0, 1, 2, 2, 2, 2, 2, 3, 4, 5, 6, 7]


@given(st.data(), st.integers(1, 3))
def test_moves_are_shares_and_undo_one_another(data: st.DataObject, count: int) -> None:
    words = st.lists(st.sampled_from([*WORDS, "zebra", "er ball"]), min_size=count, max_size=count).map(" ".join)
    first, other = data.draw(words), data.draw(words)
    if len(first.split()) == len(other.split()) and max(len(TOKENIZER.tokenize(t)) for t in (first, other)) < 10:
        there, back = moves(first, other), moves(other, first)
        assert np.allclose(there.sum(axis=1), 1)
        assert (moves(first, first) == np.eye(12)).all()
        words_of = slice(1, 1 + len(TOKENIZER.tokenize(first)))
        assert np.allclose((there @ back)[words_of].sum(axis=1), 1)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["a ball", "a red ball"], {}, "exchanged, not added"),
        (["a red ball", "a ball"], {}, "exchanged, not added"),
        (["a cat", "a dog"], {"cross_share": 1.5}, "cross_share 1.5 is out of range"),
        (["a cat", "a dog"], {"self_share": -1}, "self_share -1 is out of range"),
        (["a cat"] * 3, {}, "3 texts, but 2 generators"),
        (["a cat", "a " + "zebra " * 20], {}, "past the model's limit"),
    ],
)
def test_what_cannot_be_reused(pipe: Any, texts: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        redraw(pipe, texts, same_noise(2), steps=1, **options)


def test_a_traced_or_fused_pipeline_is_refused(pipe: Any) -> None:
    with trace(pipe), pytest.raises(UserError, match="cannot be traced"):
        redraw(pipe, ["a cat", "a dog"], same_noise(2), steps=1)
    fused = tiny_pipeline("sd1")
    fused.fuse_qkv_projections()
    with pytest.raises(UserError, match="unfuse_qkv_projections"):
        redraw(fused, ["a cat", "a dog"], same_noise(2), steps=1)
