"""Training checkpoints: one folder a checkpoint, tensors as safetensors, the rest as JSON; complete or not there."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

STATE = "state.json"


def save(folder: Path, *, tensors: dict[str, dict[str, Tensor]], state: dict[str, Any]) -> Path:
    """Write ``folder/latest-<step>`` and remove the one before.

    The checkpoint is built under a temporary name, synced and renamed, so a kill leaves no half of one; and the one
    before goes last, so a kill leaves one. A second one of the same step has a name that sorts behind it.
    """
    target = folder / f"latest-{state['step']:08d}"
    if same := max(folder.glob(f"{target.name}*"), default=None):
        target = same.with_name(f"{same.name}+")
    building = folder / f".{target.name}.new"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    for part, values in tensors.items():
        contiguous = {key: value.detach().cpu().contiguous() for key, value in values.items()}
        save_file(contiguous, building / f"{part}.safetensors")
    (building / STATE).write_text(json.dumps(state, indent=1), encoding="utf-8")
    for path in building.iterdir():
        _sync(path)
    building.rename(target)
    _sync(folder)
    for old in folder.glob("latest-*"):
        if old != target:
            shutil.rmtree(old)
    return target


def latest(folder: Path) -> Path | None:
    """The complete checkpoint of a folder; the later one where a kill has left two."""
    return max((path for path in folder.glob("latest-*") if (path / STATE).exists()), default=None)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The JSON part of a checkpoint."""
    return read_json(checkpoint / STATE)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def read_tensors(checkpoint: Path, part: str, device: torch.device) -> dict[str, Tensor]:
    """One file of tensors of a checkpoint."""
    return load_file(checkpoint / f"{part}.safetensors", device=str(device))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
