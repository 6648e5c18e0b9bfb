"""A family with joint attention and two kinds of text encoders, against attention computed apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import FusedJointAttnProcessor2_0, JointAttnProcessor2_0
from torch.nn import functional

from tests.tracing.calls import noises
from tests.tracing.sd3_pipeline import CLIP_LIMIT, tiny_sd3
from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.tracing import redraw, trace
from visuosyn.tracing.families import family_of

pytestmark = pytest.mark.usefixtures("sd3_installed")

PROMPTS = ["a dog and a cat in a hat", "the red skateboarder"]
SHORT = {"num_inference_steps": 3, "max_sequence_length": 32, "output_type": "latent"}


class Explicit(JointAttnProcessor2_0):
    """Writes down softmax(q k^T / sqrt(d)) of image queries over all keys, in float64; its result is unchanged."""

    def __init__(self, name: str, records: dict[str, list[torch.Tensor]]) -> None:
        super().__init__()
        self.name, self.records = name, records

    def __call__(
        self, attn: Any, hidden_states: Any, encoder_hidden_states: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        if encoder_hidden_states is not None:
            text = encoder_hidden_states
            image, image_keys, text_keys = (
                part(states).unflatten(-1, (attn.heads, -1)).transpose(1, 2).double()
                for part, states in ((attn.to_q, hidden_states), (attn.to_k, hidden_states), (attn.add_k_proj, text))
            )
            norm, text_norm = (rms(part) for part in (attn.norm_k, attn.norm_added_k))
            keys = torch.cat([norm(image_keys), text_norm(text_keys)], dim=2)
            scores = torch.einsum("bhqc,bhkc->bhqk", rms(attn.norm_q)(image), keys) / image.shape[-1] ** 0.5
            self.records.setdefault(self.name, []).append(scores.softmax(-1))
        return super().__call__(attn, hidden_states, encoder_hidden_states, *args, **kwargs)


def rms(module: Any) -> Any:
    """The normalisation of queries and keys, in float64."""
    return lambda x: x / (x.pow(2).mean(-1, keepdim=True) + module.eps).sqrt() * module.weight.double()


def explicit_attention(pipe: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, list[torch.Tensor]], Any]:
    """Every joint layer's probabilities, one (row, head, image query, key) a run of the denoiser, and the images."""
    records: dict[str, list[torch.Tensor]] = {}
    own = pipe.transformer.attn_processors
    explicit = {name: Explicit(name.removesuffix(".attn.processor"), records) for name in own}
    pipe.transformer.set_attn_processor({name: explicit[name] if ".attn." in name else own[name] for name in own})
    try:
        return records, pipe(*args, **kwargs).images
    finally:
        pipe.transformer.set_attn_processor(own)


def token_weights(maps: HeatMaps, pipe: Any, encoder: str, keys: int) -> np.ndarray:
    """(word, key) means over each word's tokens, found by encoding the words one by one (words are apart by blanks)."""
    tokenizer, specials, first = {
        "clip": (pipe.tokenizer, 2, 1),
        "t5": (pipe.tokenizer_3, 1, CLIP_LIMIT),
    }[encoder]
    text = CLIP_LIMIT + 32
    weights, at = np.zeros((len(maps.words), keys)), keys - text + first
    for row, word in enumerate(maps.words):
        count = len(tokenizer(word.text).input_ids) - specials
        weights[row, at : at + count] = 1 / count
        at += count
    return weights


def expected_sums(records: dict[str, list[torch.Tensor]], row: int, maps: HeatMaps, pipe: Any) -> dict[Any, Any]:
    """(encoder, phase) -> sums (word, query) of the runs in ``records``, one a step, from explicit probabilities."""
    sums: dict[Any, Any] = {}
    for runs in records.values():
        for step, probabilities in enumerate(runs):
            p = probabilities[row].sum(0).T.numpy()
            for encoder in ("clip", "t5"):
                key = encoder, 3 * step // len(runs)
                sums[key] = sums.get(key, 0) + token_weights(maps, pipe, encoder, len(p)) @ p
    return sums


def check(maps: HeatMaps, expected: dict[Any, Any], tolerance: float = 1e-5) -> None:
    """Every slice's sums are the expected ones, up to a share of their maximum."""
    assert {(one.encoder, one.phase) for one in maps.slices} == set(expected)
    assert len(maps.slices) == len(expected)
    for one in maps.slices:
        theirs = expected[one.encoder, one.phase]
        assert np.abs(one.sums.reshape(theirs.shape) - theirs).max() <= tolerance * theirs.max()


@pytest.mark.parametrize("dual", [(), (0, 1)])
@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("size", [{}, {"height": 32, "width": 64}])
def test_maps_are_softmax_over_all_keys_computed_apart(dual: tuple[int, ...], guidance: float, size: Any) -> None:
    pipe = tiny_sd3(dual=dual)
    call = {**SHORT, **size, "guidance_scale": guidance, "num_images_per_prompt": 2}
    plain = pipe(PROMPTS, generator=noises(4), **call).images
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(4), **call).images
    records, images = explicit_attention(pipe, PROMPTS, generator=noises(4), **call)
    assert torch.equal(traced, plain) and torch.equal(images, plain)
    for i, maps in enumerate(tracer.heat_maps()):
        assert maps.prompt == PROMPTS[i // 2]
        assert (maps.steps, maps.grid) == (3, (4, 8) if size else (8, 8))
        check(maps, expected_sums(records, i + 4 * (guidance > 1), maps, pipe))


def test_the_default_map_is_the_mean_of_clips_and_t5s() -> None:
    pipe = tiny_sd3()
    with trace(pipe) as tracer:
        pipe(PROMPTS[1], generator=noises(1), **SHORT)
    (maps,) = tracer.heat_maps()
    apart = {
        name: maps.with_facts(slices=[one for one in maps.slices if one.encoder == name]) for name in ("clip", "t5")
    }
    clip, t5 = (one.array for one in apart.values())
    assert not np.allclose(clip, t5, rtol=0.1)
    assert np.allclose(maps.array, (clip + t5) / 2, rtol=1e-5)
    assert maps.tokens == (2, 2, 5 + 8)  # skat e boar d er; ▁ skate board er is cut into letters by T5


def test_steps_and_layers_apart_add_up() -> None:
    pipe = tiny_sd3()
    maps = []
    for detail in ((), ("step", "layer", "head")):
        with trace(pipe, detail=detail) as tracer:
            pipe(PROMPTS[0], generator=noises(1), **SHORT)
        maps += tracer.heat_maps()
    whole, fine = maps
    assert len(fine.slices) == 2 * 3 * 3 * 2  # encoders, layers, steps, heads
    assert {one.layer for one in fine.slices} == {f"transformer_blocks.{i}" for i in range(3)}
    for one in whole.slices:
        mine = [each.sums for each in fine.slices if (each.encoder, each.phase) == (one.encoder, one.phase)]
        assert np.allclose(sum(mine), one.sums, rtol=1e-5)


def test_negative_prompts() -> None:
    pipe, call = tiny_sd3(), {**SHORT, "negative_prompt": ["a red hat", "ball"]}
    with trace(pipe, negative=True) as tracer:
        pipe(PROMPTS, generator=noises(2), **call)
    records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    for i, maps in enumerate(tracer.heat_maps()):
        assert maps.prompt == call["negative_prompt"][i]
        check(maps, expected_sums(records, i, maps, pipe))
    with trace(pipe, negative=True), pytest.raises(UserError, match="nothing was recorded"):
        pipe("a cat", negative_prompt="hat", **SHORT | {"guidance_scale": 1.0})


def test_a_run_for_guidance_alone_is_no_step() -> None:
    """Skip-layer guidance runs the prompts again without a layer: neither a step nor part of the maps."""
    pipe = tiny_sd3()
    call = {**SHORT, "skip_guidance_layers": [1], "skip_layer_guidance_start": 0.0, "skip_layer_guidance_stop": 0.9}
    plain = pipe(PROMPTS, generator=noises(2), **call).images
    with trace(pipe) as tracer:
        traced = pipe(PROMPTS, generator=noises(2), **call).images
    assert torch.equal(plain, traced)
    records, _ = explicit_attention(pipe, PROMPTS, generator=noises(2), **call)
    assert {len(runs) for runs in records.values()} == {3, 5}  # steps 1 and 2 run twice, but for the layer left out
    steps = {name: [run for run in runs if len(run) == 4] for name, runs in records.items()}
    for i, maps in enumerate(tracer.heat_maps()):
        assert maps.steps == 3
        check(maps, expected_sums(steps, 2 + i, maps, pipe))


def test_words_that_only_one_encoder_reads() -> None:
    pipe = tiny_sd3()
    text = " ".join(["a red ball and"] * 30)
    with trace(pipe) as tracer:
        pipe(text, **SHORT | {"max_sequence_length": 100, "num_inference_steps": 1})
        pipe(text, **SHORT | {"num_inference_steps": 1})
    far, near = tracer.heat_maps()
    assert len(far.words) == 99  # T5 reads a hundred tokens, CLIP seventy-five words
    assert far.tokens == (2,) * 75 + (1,) * 24
    sums = {one.encoder: one.sums.max(axis=(1, 2)) for one in far.slices}
    assert (sums["clip"][:75] > 0).all() and (sums["clip"][75:] == 0).all() and (sums["t5"] > 0).all()
    assert {one.reason for one in far.dropped} == {"past the model's limit of 100 tokens"}
    assert np.isfinite(far.cosines).all()
    assert np.allclose(np.diag(far.cosines), 1, atol=1e-5)
    assert len(near.words) == 75  # T5 reads thirty-two tokens, CLIP more
    assert {one.reason for one in near.dropped} == {"past the model's limit of 77 tokens"}
    with trace(pipe) as tracer:  # 8 tokens a word for T5, which reads 80, and 5 for CLIP, which reads 77
        pipe("skateboarder " * 12, **SHORT | {"max_sequence_length": 80, "num_inference_steps": 1})
    (cut,) = tracer.heat_maps()
    assert cut.tokens == (5 + 8,) * 9 + (5,) * 3
    assert cut.dropped == ()


def test_cosines_are_the_mean_of_both_encoders() -> None:
    pipe = tiny_sd3()
    with trace(pipe) as tracer:
        pipe(PROMPTS[1], **SHORT)
    (maps,) = tracer.heat_maps()
    states, *_ = pipe.encode_prompt(PROMPTS[1], None, None, max_sequence_length=32, do_classifier_free_guidance=False)
    theirs = []
    for encoder in ("clip", "t5"):
        words = torch.from_numpy(token_weights(maps, pipe, encoder, states.shape[1])).float() @ states[0]
        theirs.append(functional.cosine_similarity(words[:, None], words[None], dim=-1).detach().numpy())
    assert np.abs(theirs[0] - theirs[1]).max() > 0.01
    assert np.abs(maps.cosines - np.mean(theirs, axis=0)).max() < 1e-5


def test_without_t5_only_clip_is_read() -> None:
    pipe = tiny_sd3(t5=False)
    with trace(pipe) as tracer:
        pipe(PROMPTS[0], **SHORT)
    (maps,) = tracer.heat_maps()
    assert {one.encoder for one in maps.slices} == {"clip"}
    assert maps.tokens == (1,) * 8


def test_fused_projections_and_half_precision() -> None:
    pipe = tiny_sd3(dual=(), norm=None)  # diffusers fuses neither dual blocks nor the norms of queries and keys
    with trace(pipe) as tracer:
        pipe(PROMPTS[0], generator=noises(1), **SHORT)
    pipe.transformer.fuse_qkv_projections()
    assert any(isinstance(one, FusedJointAttnProcessor2_0) for one in pipe.transformer.attn_processors.values())
    with trace(pipe) as fused:
        pipe(PROMPTS[0], generator=noises(1), **SHORT)
    assert np.allclose(fused.heat_maps()[0].array, tracer.heat_maps()[0].array, rtol=1e-4)
    pipe = tiny_sd3(dual=(), norm=None).to(torch.bfloat16)
    plain = pipe(PROMPTS[0], generator=noises(1), **SHORT).images
    with trace(pipe) as half:
        assert torch.equal(pipe(PROMPTS[0], generator=noises(1), **SHORT).images, plain)
    mine, theirs = half.heat_maps()[0].array, tracer.heat_maps()[0].array
    assert np.abs(mine - theirs).max() < 0.1 * theirs.max()


@pytest.mark.parametrize(("rows", "columns"), [(4, 8), (8, 4)])
def test_a_planted_map_comes_back(rows: int, columns: int) -> None:
    """Queries of the left half point one way, those of the right the other; T5's key of one word draws the left."""
    pipe = tiny_sd3()
    place = rows * columns + CLIP_LIMIT + 2  # "▁a ▁red ▁cat"
    side = torch.where(torch.arange(columns) < columns // 2, 1.0, -1.0).repeat(rows)

    class Planted:
        def __call__(self, attn: Any, hidden_states: Any, encoder_hidden_states: Any = None, **_: Any) -> Any:
            if encoder_hidden_states is None:
                return JointAttnProcessor2_0()(attn, hidden_states)
            attn.to_q(hidden_states)  # a layer is watched from here on
            length = hidden_states.shape[1] + encoder_hidden_states.shape[1]
            query, key = torch.zeros(2, len(hidden_states), attn.heads, length, 16)
            query[:, :, : len(side)], key[:, :, place] = side[:, None], 1.0
            result = functional.scaled_dot_product_attention(query, key, key).transpose(1, 2).flatten(2)
            image, text = result[:, : len(side)], result[:, len(side) :]
            return attn.to_out[0](image), None if attn.context_pre_only else attn.to_add_out(text)

    pipe.transformer.set_attn_processor(Planted())
    with trace(pipe) as tracer:
        pipe("a red cat", height=8 * rows, width=8 * columns, **SHORT)
    (maps,) = tracer.heat_maps()
    assert maps["cat"].array.shape == (rows, columns)
    t5 = maps.with_facts(slices=[one for one in maps.slices if one.encoder == "t5"])
    assert t5["cat"].array[:, : columns // 2].min() > 10 * t5["cat"].array[:, columns // 2 :].max()
    assert t5["red"].array[:, : columns // 2].max() < t5["red"].array[:, columns // 2 :].min()


def test_what_is_refused() -> None:
    pipe = tiny_sd3()
    for name in ("prompt_2", "prompt_3"):
        with trace(pipe), pytest.raises(UserError, match=f"^{name} differs from prompt"):
            pipe("a cat", **{name: "a dog"}, **SHORT)
    with trace(pipe, negative=True), pytest.raises(UserError, match=r"^negative_prompt_3 differs from negative_prompt"):
        pipe("a cat", negative_prompt="hat", negative_prompt_3="dog", **SHORT)
    with trace(pipe) as tracer:
        pipe("a cat", negative_prompt="hat", negative_prompt_3="dog", **SHORT)  # whose words are not asked for
    assert len(tracer.heat_maps()) == 1
    with trace(pipe), pytest.raises(UserError, match="pass prompt="):
        states, _, pooled, _ = pipe.encode_prompt("a cat", None, None, do_classifier_free_guidance=False)
        pipe(prompt_embeds=states, pooled_prompt_embeds=pooled, guidance_scale=1.0, **SHORT)
    with pytest.raises(UserError, match="re-used in U-Nets, not in SD3Transformer2DModel"):
        redraw(pipe, ["a cat", "a dog"], noises(2), steps=1)

    class Odd(type(pipe)):  # type: ignore[misc]
        do_classifier_free_guidance = property(lambda self: self._guidance_scale > 7)

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            self._guidance_scale = 7.0
            return self.transformer(
                hidden_states=torch.zeros(2, 4, 16, 16),
                encoder_hidden_states=torch.zeros(2, 109, 64),
                pooled_projections=torch.zeros(2, 64),
                timestep=torch.zeros(2),
            )

    pipe.__class__ = Odd
    with trace(pipe), pytest.raises(UserError, match="got 2 rows for 1 images: this layout is not known"):
        pipe(prompt="a cat", max_sequence_length=32)


def test_sizes_that_are_allowed_are_those_that_can_be_drawn() -> None:
    pipe = tiny_sd3()
    family = family_of(pipe)
    assert family.native_size(pipe) == (64, 64)
    for width, height in [(8, 8), (16, 8), (24, 64), (20, 16), (64, 36), (68, 68), (128, 48)]:
        try:
            pipe("a cat", width=width, height=height, **SHORT)
            drawn = True
        except (ValueError, RuntimeError):
            drawn = False
        try:
            family.require_drawable(pipe, size=(width, height), steps=2000)  # time is continuous here
            allowed = True
        except UserError as error:
            allowed = "multiples of 8 pixels" not in str(error)
        assert allowed == drawn, (width, height)
