"""The trained parts as a pipeline folder: ``python -m training export --out checkpoints/micro --to FOLDER``.

The folder is an ordinary `StableDiffusionPipeline` in half precision, with the words it was trained on, the facts of
its training, checksums and a model card.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTokenizer

from training import checkpoints, decoder, network
from training.keeper import Progress
from training.latents import Projection
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.scoring.card import model_card

DRAWING = {"steps": 25, "guidance": 3.0}  # what a study draws with unless told otherwise
ART_LICENCE = MODEL_DIR.with_name("world") / "art" / "LICENSE-fluent-emoji"


def export(out: Path, folder: Path) -> None:
    """Write the averaged weights of a run's newest checkpoint as a pipeline folder, replacing what was there.

    Args:
        out: folder of the run, with a checkpoint and a decoder; the figures of `evaluate` go along if they
            are of this step.
        folder: the pipeline folder to make.

    Raises:
        UserError: the run lacks something; the folder holds something that is not a pipeline.
    """
    folder = folder.resolve()
    require_replaceable(folder)
    found = checkpoints.latest(out)
    if not found or not (out / decoder.FILE).exists():
        raise UserError(f"{out} lacks a checkpoint or {decoder.FILE}; train the model and its decoder first")
    state = checkpoints.read_state(found)
    weights = checkpoints.read_tensors(found, "averaged", torch.device("cpu"))
    projection = Projection.load(out / "latents.safetensors")
    tokenizer = CLIPTokenizer.from_pretrained(out / "tokenizer")
    building = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(building, ignore_errors=True)
    save_pipeline(building, weights, tuple(state["recipe"]["channels"]), tokenizer, _autoencoder(out, projection))
    projection.save(building / "latents.safetensors")
    shutil.copy(out / "words.json", building / "words.json")
    _write_json(building / "drawing.json", DRAWING)
    _write_json(building / "training.json", training_facts(building, state))
    evaluation = out / "evaluation.json"
    facts = checkpoints.read_json(evaluation) if evaluation.exists() else {}
    if facts and facts.get("step") != state["step"]:
        sys.stderr.write(f"{evaluation} is left out: it is not of step {state['step']}; evaluate again\n")
        facts = {}
    if facts:
        _write_json(building / evaluation.name, facts)
    (building / "README.md").write_text(model_card(checkpoints.read_json(building / "training.json"), facts), "utf-8")
    shutil.copy(ART_LICENCE, building / ART_LICENCE.name)
    _replace(folder, building)


def require_replaceable(folder: Path) -> None:
    """Refuse a path that holds something that is not a pipeline."""
    if not folder.exists() or (folder / "model_index.json").is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise UserError(f"{folder} holds something that is no pipeline: choose another folder to export to")


def save_pipeline(
    folder: Path,
    weights: dict[str, Tensor],
    channels: tuple[int, int, int],
    tokenizer: CLIPTokenizer,
    vae: AutoencoderTiny,
) -> None:
    """Write the networks with `weights` (named ``unet.*`` and ``text.*``) in half precision."""
    unet, text = network.denoiser(channels), network.text_encoder(tokenizer)
    for prefix, module in (("unet", unet), ("text", text)):
        own = {name.split(".", 1)[1]: value for name, value in weights.items() if name.startswith(f"{prefix}.")}
        module.load_state_dict(own)
    parts = {"unet": unet.half(), "text": text.half(), "vae": vae.half()}
    network.pipeline(tokenizer=tokenizer, **parts).save_pretrained(folder)
    # stored in half precision but to be used in single, as diffusers does with the other parts
    _edit_json(folder / "text_encoder" / "config.json", dtype="float32")
    # a derived entry that diffusers writes and then warns about
    _edit_json(folder / "vae" / "config.json", block_out_channels=None)


def training_facts(folder: Path, state: dict[str, Any]) -> dict[str, Any]:
    """What `training.json` holds: how far training and budget are, the recipe, a checksum of every weight file."""
    progress = Progress.read(state["progress"])
    sums = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.safetensors"))
    }
    return asdict(progress) | {
        "seconds": round(progress.seconds),
        "budget_seconds": round(progress.budget_seconds),
        "budget_used": round(progress.fraction, 3),
        "hours": round(progress.seconds / 3600, 2),
        "recipe": state["recipe"],
        "sha256": sums,
    }


def _replace(folder: Path, new: Path) -> None:
    """Replace a folder by another; the old one is only moved aside until the new one is in place."""
    aside = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    new.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _autoencoder(out: Path, projection: Projection) -> AutoencoderTiny:
    model = network.autoencoder(projection)
    model.decoder.load_state_dict(load_file(out / decoder.FILE))
    return model


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _edit_json(path: Path, **changes: str | None) -> None:
    """Set entries of a JSON object; None removes one."""
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    _write_json(path, {key: value for key, value in content.items() if key not in changes or value is not None})
