"""The tracer against the untraced pipeline and against attention computed apart."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0, IPAdapterAttnProcessor2_0
from diffusers.models.embeddings import ImageProjection, MultiIPAdapterImageProjection
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import BatchFeature

from tests.tracing.calls import noises, options, pixels
from visuosyn.data import Dropped, HeatMaps, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.testing import tiny_pipeline, tiny_pipelines
from visuosyn.tracing import split_words, trace

PROMPTS = ["a dog and a cat in a hat", "the red ball"]


class Explicit:
    """An attention processor that writes down softmax(q k^T / sqrt(d)) in float64; its result is the ordinary one."""

    def __init__(self, name: str, records: dict[str, list[torch.Tensor]]) -> None:
        self.name, self.records = name, records

    def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
        text = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        projected = [attn.to_q(hidden_states), attn.to_k(text), attn.to_v(text)]
        q, k, v = (x.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for x in projected)
        if encoder_hidden_states is not None:
            scores = torch.einsum("bhqc,bhkc->bhqk", q.double(), k.double()) / q.shape[-1] ** 0.5
            self.records.setdefault(self.name, []).append(scores.softmax(-1))
        result = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return attn.to_out[0](result)


def explicit_attention(pipe: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, list[torch.Tensor]], Any]:
    """Every cross-attention layer's probabilities, one (batch, head, query, key) a step, and the images."""
    records: dict[str, list[torch.Tensor]] = {}
    own = pipe.unet.attn_processors
    pipe.unet.set_attn_processor({name: Explicit(name.removesuffix(".processor"), records) for name in own})
    try:
        return records, pipe(*args, **kwargs).images
    finally:
        pipe.unet.set_attn_processor(own)


def expected_parts(records: dict[str, list[torch.Tensor]], row: int, weights: np.ndarray, steps: int) -> dict[Any, Any]:
    """(stage, third, number of queries) -> sums (word, query), from explicit probabilities."""
    sums: dict[Any, Any] = {}
    for name, each in records.items():
        for step, probabilities in enumerate(each):
            p = probabilities[row].sum(0).T.numpy()  # (key, query)
            stage = {"down_blocks": "down", "mid_block": "mid", "up_blocks": "up"}[name.split(".")[0]]
            third = 0 if step < steps / 3 else 1 if step < 2 * steps / 3 else 2
            key = (stage, third, p.shape[1])
            sums[key] = sums.get(key, 0) + weights @ p
    return sums


def token_weights(maps: HeatMaps, tokenizer: Any) -> np.ndarray:
    """Means over each word's tokens, found by encoding the words one by one (words are apart by blanks)."""
    weights = np.zeros((len(maps.words), tokenizer.model_max_length))
    at = 1
    for row, word in enumerate(maps.words):
        count = len(tokenizer(word.text).input_ids) - 2
        weights[row, at : at + count] = 1 / count
        at += count
    return weights


@pytest.mark.parametrize("name", tiny_pipelines())
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_parts_are_softmax_computed_apart(pipelines: Any, name: str, guidance: float) -> None:
    pipe = pipelines(name)
    call = {"num_inference_steps": 4, "guidance_scale": guidance, **options(name)}
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(2), **call).images
    records, images = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert (pixels(traced) == pixels(images)).all()
    first = 2 if guidance > 1 else 0
    for i, maps in enumerate(tracer.heat_maps()):
        steps = len(next(iter(records.values())))
        assert maps.steps == steps
        check(maps, expected_parts(records, first + i, token_weights(maps, pipe.tokenizer), steps))


def check(maps: HeatMaps, expected: dict[Any, Any], tolerance: float = 1e-5) -> None:
    """Every part's sums are the expected ones, up to a share of their maximum."""
    assert len(expected) == len(maps.slices)
    for part in maps.slices:
        theirs = expected[part.stage, part.phase, part.grid[0] * part.grid[1]]
        assert np.abs(part.sums.reshape(theirs.shape) - theirs).max() <= tolerance * theirs.max()


SCHEDULERS = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Euler's own, with numpy 2
@pytest.mark.parametrize("name", SCHEDULERS)
def test_traced_image_is_the_untraced_one(name: str) -> None:
    pipe = tiny_pipeline("sd1")
    kind, change = SCHEDULERS[name]
    pipe.scheduler = getattr(diffusers, kind).from_config(pipe.scheduler.config, **change)
    for batch in (1, 3):
        for guidance in (1.0, 6.0):
            call = {"num_inference_steps": 3, "guidance_scale": guidance, "output_type": "latent"}
            prompts = ["a cat", "the red ball in a hat", ""][:batch]
            plain = pipe(prompts, generator=noises(batch), **call).images
            with trace(pipe) as tracer:
                traced = pipe(prompts, generator=noises(batch), **call).images
            assert torch.equal(plain, traced)
            maps = tracer.heat_maps()
            assert [m.image for m in maps] == [None] * batch
            assert {m.steps for m in maps} == {pipe.num_timesteps}
            assert sorted({part.phase for part in maps[0].slices}) == [0, 1, 2]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_traced_in_single(dtype: torch.dtype) -> None:
    pipe = tiny_pipeline("sd1").to(dtype)
    plain = pipe("a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    with trace(pipe) as tracer:
        traced = pipe("a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent").images
    assert torch.equal(plain, traced)
    records, _ = explicit_attention(
        pipe, "a cat in a hat", num_inference_steps=2, generator=noises(1), output_type="latent"
    )
    maps = tracer.heat_maps()[0]
    check(maps, expected_parts(records, 1, token_weights(maps, pipe.tokenizer), 2), 2e-2)


def test_where_no_kernel_tells_the_log_sum_exp(pipe: Any) -> None:
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with sdpa_kernel(SDPBackend.MATH):
        plain = pipe(PROMPTS, generator=noises(2), **call).images
        with trace(pipe) as tracer:
            traced = pipe(PROMPTS, generator=noises(2), **call).images
        records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert torch.equal(plain, traced)
    for i, maps in enumerate(tracer.heat_maps()):
        check(maps, expected_parts(records, 2 + i, token_weights(maps, pipe.tokenizer), 2))


def test_fused_projections() -> None:
    pipe = tiny_pipeline("sd1")
    call = {"num_inference_steps": 2, "output_type": "latent"}
    records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    pipe.fuse_qkv_projections()
    with trace(pipe) as tracer:
        pipe(PROMPTS, generator=noises(2), **call)
    for i, maps in enumerate(tracer.heat_maps()):
        check(maps, expected_parts(records, 2 + i, token_weights(maps, pipe.tokenizer), 2))


def test_ip_adapter_adds_images_that_are_not_text() -> None:
    """Its processors look at the text first, then at an image's tokens: the maps are those of the text."""
    pipe = tiny_pipeline("sd1")
    tokens, seen = 4, []

    class Adapter(IPAdapterAttnProcessor2_0):
        def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any, **kwargs: Any) -> Any:
            text, images = encoder_hidden_states
            assert images[0].shape[-2] == tokens
            q, k = (
                x.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for x in (attn.to_q(hidden_states), attn.to_k(text))
            )
            seen.append((q.double() @ k.double().transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1))
            return super().__call__(attn, hidden_states, encoder_hidden_states, **kwargs)

    torch.manual_seed(0)
    processors = pipe.unet.attn_processors
    for name in processors:
        if "attn2" in name:
            attn = pipe.unet.get_submodule(name.removesuffix(".processor"))
            processors[name] = Adapter(
                attn.to_q.out_features, attn.cross_attention_dim, num_tokens=(tokens,), scale=0.7
            )
    pipe.unet.set_attn_processor(processors)
    pipe.unet.encoder_hid_proj = MultiIPAdapterImageProjection([ImageProjection(16, 32, tokens)])
    pipe.unet.config.encoder_hid_dim_type = "ip_image_proj"
    image = [torch.randn(2, 1, 16)]
    with trace(pipe) as tracer:
        pipe("a cat", ip_adapter_image_embeds=image, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps()
    total = sum(part.sums.sum() for part in maps.slices)
    theirs = sum(float(p[1].sum((0, 1))[1:3].sum()) for p in seen)
    assert abs(total - theirs) < 1e-4 * theirs
    assert torch.overrides._get_current_function_mode_stack() == []  # though the query was projected twice


def test_batch_of_one_and_of_eight_agree(pipe: Any) -> None:
    prompts = ["", "a dog and a cat in a hat", "the red ball", "a skateboarder", "a", "cat", "a hat", "red, red!"]
    call = {"num_inference_steps": 3, "output_type": "latent"}
    with trace(pipe) as tracer:
        pipe(prompts, generator=noises(8), **call)
    together = tracer.heat_maps()
    for i, prompt in enumerate(prompts):
        with trace(pipe) as tracer:
            pipe(prompt, generator=noises(1, first=i), **call)
        (alone,) = tracer.heat_maps()
        assert alone.words == together[i].words
        for one, other in zip(alone.slices, together[i].slices, strict=True):
            assert (one.stage, one.phase, one.grid, one.count) == (other.stage, other.phase, other.grid, other.count)
            assert np.allclose(one.sums, other.sums, atol=1e-4 * one.sums.max(initial=0), rtol=0)


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


def test_cosines_are_those_of_the_text_states(pipe: Any) -> None:
    text = "a cat and the skateboarder"
    with trace(pipe) as tracer:
        pipe(text, num_inference_steps=1, output_type="latent")
    (maps,) = tracer.heat_maps()
    states, _ = pipe.encode_prompt(text, "cpu", 1, False)
    weights = token_weights(maps, pipe.tokenizer)
    words = torch.from_numpy(weights).float() @ states[0]
    theirs = functional.cosine_similarity(words[:, None], words[None], dim=-1)
    assert np.abs(maps.cosines - theirs.detach().numpy()).max() < 1e-5
    assert np.allclose(np.diag(maps.cosines), 1)


@pytest.mark.parametrize("detail", [["step"], ["layer"], ["head"], ["step", "layer", "head"]])
def test_detail_adds_up_to_the_totals(pipe: Any, detail: list[str]) -> None:
    call = {"num_inference_steps": 4, "output_type": "latent"}
    with trace(pipe) as tracer:
        pipe(PROMPTS[0], generator=noises(1), **call)
    with trace(pipe, detail=detail) as fine:
        pipe(PROMPTS[0], generator=noises(1), **call)
    (whole,), (split,) = tracer.heat_maps(), fine.heat_maps()
    assert np.allclose(whole.array, split.array, atol=1e-6)
    for part in whole.slices:
        mine = [p for p in split.slices if (p.stage, p.phase, p.grid) == (part.stage, part.phase, part.grid)]
        assert sum(p.count for p in mine) == part.count
        assert np.allclose(sum(p.sums for p in mine), part.sums, rtol=1e-5)
        for field in ("step", "layer", "head"):
            values = {getattr(p, field) for p in mine}
            assert (values == {None}) != (field in detail)
    layers = len([m for m in pipe.unet.modules() if getattr(m, "is_cross_attention", False)])
    if len(detail) == 3:
        assert len(split.slices) == layers * 4 * 4
        assert {p.count for p in split.slices} == {1}


def test_negative_prompt(pipe: Any) -> None:
    call = {"num_inference_steps": 2, "output_type": "latent"}
    with trace(pipe, negative=True) as tracer:
        pipe(PROMPTS, negative_prompt=["a red hat", "ball"], generator=noises(2), **call)
    maps = tracer.heat_maps()
    assert [m.prompt for m in maps] == ["a red hat", "ball"]
    records, _ = explicit_attention(pipe, PROMPTS, negative_prompt=["a red hat", "ball"], generator=noises(2), **call)
    check(maps[0], expected_parts(records, 0, token_weights(maps[0], pipe.tokenizer), 2))
    with trace(pipe, negative=True), pytest.raises(UserError, match="needs a negative_prompt"):
        pipe("a cat", num_inference_steps=1)
    with trace(pipe, negative=True), pytest.raises(UserError, match="nothing was recorded"):
        pipe("a cat", negative_prompt="hat", guidance_scale=1.0, num_inference_steps=1)


def test_guidance_rescale_and_guidance_switched_off_midway(pipe: Any) -> None:
    def off(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if step == 1:
            pipe._guidance_scale = 0.0
            tensors["prompt_embeds"] = tensors["prompt_embeds"].chunk(2)[-1]
        return tensors

    call = {
        "num_inference_steps": 4,
        "guidance_rescale": 0.7,
        "callback_on_step_end": off,
        "callback_on_step_end_tensor_inputs": ["prompt_embeds"],
        "output_type": "latent",
    }
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(2), **call).images
    records, plain = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert torch.equal(traced, plain)
    conditional = {name: [p[-2:] for p in each] for name, each in records.items()}
    (_, maps) = tracer.heat_maps()
    check(maps, expected_parts(conditional, 1, token_weights(maps, pipe.tokenizer), 4))


def steer(pipe: Any, word: str) -> None:
    """Plant keys and queries: the word's token draws attention in the left half of the picture only.

    Queries become +1 in the left half and -1 in the right one, the word's key becomes large, all others 0.
    """
    token = pipe.tokenizer(word).input_ids[1]

    class Planted:
        def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
            if encoder_hidden_states is None:
                return AttnProcessor2_0()(attn, hidden_states)
            rows, columns = pipe.grids[hidden_states.shape[1]]
            side = torch.where(torch.arange(columns) < columns // 2, 1.0, -1.0).repeat(rows)
            attn.to_q(hidden_states)  # a layer is watched from here on
            query = side[None, None, :, None].expand(len(hidden_states), attn.heads, -1, 8)
            chosen = (pipe.ids == token).float() * 4
            key = chosen[None, None, :, None].expand(len(hidden_states), attn.heads, -1, 8)
            value = attn.to_v(encoder_hidden_states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            result = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
            return attn.to_out[0](result)

    pipe.unet.set_attn_processor(Planted())


@pytest.mark.parametrize(("rows", "columns"), [(20, 34), (34, 20), (9, 33), (33, 9)])
def test_orientation_of_pictures_that_are_not_square(rows: int, columns: int) -> None:
    pipe = tiny_pipeline("sd1")
    half = (rows + 1) // 2, (columns + 1) // 2
    object.__setattr__(pipe, "grids", {rows * columns: (rows, columns), half[0] * half[1]: half})
    object.__setattr__(pipe, "ids", torch.tensor(pipe.tokenizer("a red cat", padding="max_length").input_ids))
    steer(pipe, "cat")
    with trace(pipe) as tracer:
        image = pipe("a red cat", latents=torch.ones(1, 4, rows, columns), num_inference_steps=1).images[0]
    (maps,) = tracer.heat_maps()
    assert image.size == (4 * columns, 4 * rows)
    assert maps.grid == maps.array.shape[1:] == (rows, columns)
    assert {part.grid for part in maps.slices} == {(rows, columns), half}
    cat, red = maps["cat"].array, maps["red"].array
    left, right = slice(0, columns // 2 - 2), slice(columns // 2 + 3, None)
    assert cat[:, left].min() > 10 * cat[:, right].max()
    assert red[:, left].max() < red[:, right].min()


def hooks(pipe: Any) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in pipe.unet.modules())


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


def test_wrong_use_is_told(pipe: Any) -> None:
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


def test_a_compiled_denoiser_is_told() -> None:
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
