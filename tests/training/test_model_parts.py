"""The model's parts: linear latents, tokenizer, networks, Muon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from training.cache import training_images
from training.latents import Projection, coverage, fit, patches, psnr
from training.muon import Muon, _share, orthogonalise
from training.network import LATENT_RANGE, autoencoder
from training.tokenizer import IN_PIECES, build
from visuosyn.microworld.world import scenes


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    return training_images(60)


@pytest.fixture(scope="module")
def projection(images: tuple[np.ndarray, np.ndarray]) -> Projection:
    return fit(*images)


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return build(scenes.vocabulary())


def test_patches_hold_their_pixels_row_by_row(images: tuple[np.ndarray, np.ndarray]) -> None:
    pixels = images[0][:2]
    cells = patches(pixels).reshape(2, 24, 24, 4, 4, 3)
    assert np.allclose((cells[1, 5, 7] + 1) * 127.5, pixels[1, 20:24, 28:32], atol=1e-4)


def test_coverage_counts_pixels() -> None:
    mask = np.zeros((1, 8, 8), bool)
    mask[0, 1:5, 4:6] = True
    assert coverage(mask).tolist() == [[[0, 6], [0, 2]]]


def test_the_basis_is_orthonormal_and_the_latents_have_unit_size(projection: Projection, images: tuple) -> None:
    assert np.allclose(projection.basis.T @ projection.basis, np.eye(8), atol=1e-5)
    assert np.mean(projection.encode(images[0]) ** 2) == pytest.approx(1, abs=0.02)


def test_encoding_a_decoded_picture_gives_its_latents_back(projection: Projection, images: tuple) -> None:
    latents = projection.encode(images[0][:5])
    again = projection.encode(projection.decode(latents))
    assert np.abs(again - latents).mean() < 0.03  # what rounding to 8 bits and clipping at black and white change


def test_eight_components_keep_scenes_recognisable(projection: Projection) -> None:
    unseen = training_images(20, start=5000)[0]
    assert psnr(projection.decode(projection.encode(unseen)), unseen) > 27


def test_a_projection_survives_its_file(projection: Projection, tmp_path: Path) -> None:
    projection.save(tmp_path / "code.safetensors")
    again = Projection.load(tmp_path / "code.safetensors")
    assert all(np.array_equal(getattr(again, name), getattr(projection, name)) for name in ("mean", "basis", "scale"))


def test_the_autoencoder_holds_the_projection_exactly(projection: Projection, images: tuple) -> None:
    pixels = torch.from_numpy(images[0][:3]).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        encoded = autoencoder(projection).encode(pixels).latents * LATENT_RANGE
    assert np.abs(encoded.numpy() - projection.encode(images[0][:3])).max() < 1e-4


def test_every_word_is_one_token_but_the_chosen_ones(tokenizer: CLIPTokenizer) -> None:
    pieces = {word: len(tokenizer.tokenize(word)) for word in scenes.vocabulary()}
    assert {word for word, count in pieces.items() if count > 1} == IN_PIECES
    assert all(2 <= pieces[word] <= 5 for word in IN_PIECES)


def test_captions_fit_and_need_no_bytes(tokenizer: CLIPTokenizer) -> None:
    words = {piece for word in scenes.vocabulary() for piece in tokenizer.tokenize(word)}
    for seed in range(300):
        tokens = tokenizer.tokenize(scenes.sample(seed).caption)
        assert len(tokens) <= 30
        assert set(tokens) <= words


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_any_text_encodes_without_unknown_tokens(text: str) -> None:
    built = build(["a", "cat"])
    pieces = "".join(built.convert_ids_to_tokens(built(text).input_ids[1:-1]))
    assert pieces.count("<|") == text.count("<|endoftext|>") or "<|" not in pieces


def test_the_saved_tokenizer_is_the_same(tokenizer: CLIPTokenizer, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    text = "A giraffe, two umbrellas and a Öbär 日本!"
    encoded = again(text, return_offsets_mapping=True)
    assert (len(again), again.model_max_length, again.is_fast) == (len(tokenizer), 32, True)
    assert encoded.input_ids == tokenizer(text).input_ids
    assert [text[start:end] for start, end in encoded.offset_mapping][1:5] == ["A", "giraff", "e", ","]


def test_orthogonalise_brings_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((2, 24, 60), (1, 60, 24)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert values.min() > 0.6 and values.max() < 1.25


def test_orthogonalise_keeps_the_singular_vectors() -> None:
    torch.manual_seed(1)
    matrix = torch.randn(1, 16, 40)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    middle = left.mT @ orthogonalise(matrix) @ right.mT
    assert torch.allclose(middle - torch.diag_embed(middle.diagonal(dim1=-2, dim2=-1)), torch.zeros(16, 16), atol=1e-4)


def test_muon_lowers_a_quadratic_and_resumes_exactly() -> None:
    torch.manual_seed(2)
    target = torch.randn(8, 12)

    def run(weights: torch.Tensor, muon: Muon, steps: int) -> float:
        for _ in range(steps):
            loss = (weights - target).square().sum()
            (weights.grad,) = torch.autograd.grad(loss, weights)
            muon.step(0.1)
        return float((weights.detach() - target).square().sum())

    straight = torch.zeros(8, 12, requires_grad=True)
    end = run(straight, Muon([straight]), 60)
    broken = torch.zeros(8, 12, requires_grad=True)
    first = Muon([broken])
    run(broken, first, 25)
    second = Muon([broken])
    second.load(first.state())
    assert run(broken, second, 35) == end < 0.2 * float(target.square().sum())


@given(st.lists(st.integers(1, 100), min_size=1, max_size=20), st.integers(1, 4))
def test_work_is_shared_completely_and_evenly(costs: list[int], ranks: int) -> None:
    shares = _share(costs, ranks)
    assert sorted(index for share in shares for index in share) == list(range(len(costs)))
    loads = [sum(costs[index] for index in share) for share in shares]
    assert max(loads) - min(loads) <= max(costs)


def test_muon_agrees_with_torchs_on_a_matrix_and_on_a_convolution() -> None:
    """Torch's always multiplies in bfloat16 and takes no convolution: it is given the kernel as a matrix."""
    torch.manual_seed(3)
    for shape in ((24, 60), (48, 16, 3, 3)):
        start, gradients = torch.randn(shape), torch.randn(4, *shape)
        own, other = start.clone(), start.reshape(shape[0], -1).clone()
        muon = Muon([own], dtype=torch.bfloat16)
        torchs = torch.optim.Muon([other], lr=0.02, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
        for gradient in gradients:
            own.grad, other.grad = gradient, gradient.reshape(other.shape)
            muon.step(0.02)
            torchs.step()
        update, expected = own - start, other.reshape(shape) - start
        assert torch.nn.functional.cosine_similarity(update.ravel(), expected.ravel(), dim=0) > 0.999
        assert (update - expected).norm() < 0.03 * expected.norm()
