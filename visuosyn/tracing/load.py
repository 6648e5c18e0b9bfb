"""Loading pipelines, and the facts about them that a study writes down."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from visuosyn.errors import UserError
from visuosyn.tracing.families.registry import family_of, require_family

MICRO = Path(__file__).parents[1] / "microworld" / "model"
INDEX, WORDS, DRAWING = "model_index.json", "words.json", "drawing.json"
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_NETWORKS = ("unet", "transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae")


def load_pipeline(model: Any = "micro", *, device: str = "auto", dtype: str = "auto", progress: bool = False) -> Any:
    """A diffusers pipeline that can be traced.

    ``model``: "micro", the bundled model; a folder as diffusers saves it; an id of the Hub (downloaded once by
    diffusers, safetensors only); or a pipeline, which is moved where ``device`` and ``dtype`` say so.
    ``device``: "auto" takes an accelerator where there is one. ``dtype``: "auto" is float32 on a CPU, else float16.
    ``progress``: show the bars of diffusers.

    Raises ``UserError`` for an unknown folder, a model that cannot be loaded, and a pipeline of no known family.

    >>> type(load_pipeline("micro")).__name__
    'StableDiffusionPipeline'
    """
    where = _device(device)
    kind = _dtype(dtype, where)
    if isinstance(model, (str, Path)):
        pipeline = _read(model, kind, progress).to(where)
        pipeline.set_progress_bar_config(disable=not progress)
    else:
        family_of(model)
        change = {k: v for k, v, asked in (("device", where, device), ("dtype", kind, dtype)) if asked != "auto"}
        pipeline = model.to(**change) if change else model
    family_of(pipeline)
    return pipeline


def model_facts(pipeline: Any) -> dict[str, Any]:
    """What identifies a model in a study.

    ``id``: "micro", a Hub id, a folder, or the class of a pipeline made in memory; ``revision``: the commit of the
    Hub, else the first 16 digits of the SHA-256 of all weights as they are in memory, adapters included;
    "unknown" where weights are offloaded one module at a time.

    >>> from visuosyn.testing import tiny_pipeline
    >>> facts = model_facts(tiny_pipeline("sd2"))
    >>> facts["family"], facts["dtype"], facts["scheduler"], facts["vocabulary_size"], len(facts["revision"])
    ('unet', 'float32', 'DDIMScheduler', 542, 16)
    """
    name, revision = _origin(pipeline)
    family = family_of(pipeline)
    return {
        "id": name or type(pipeline).__name__,
        "revision": revision or _fingerprint(pipeline),
        "family": family.name,
        "pipeline": type(pipeline).__name__,
        "dtype": str(family.denoiser(pipeline).dtype).removeprefix("torch."),
        "scheduler": type(pipeline.scheduler).__name__,
        "vocabulary_size": len(family.tokenizers(pipeline)[0]),
    }


def vocabulary(pipeline: Any) -> frozenset[str] | None:
    """The words that the model was trained on, from ``words.json`` in its folder; ``None`` where that is unknown.

    >>> from visuosyn.testing import tiny_pipeline
    >>> known = vocabulary(load_pipeline("micro"))
    >>> [word for word in "a red helicopter".split() if word not in known]
    ['helicopter']
    >>> vocabulary(tiny_pipeline("sd1")) is None
    True
    """
    folder = pipeline.name_or_path
    path = Path(folder or "") / WORDS
    if not folder or not path.is_file():
        return None
    return frozenset(json.loads(path.read_text(encoding="utf-8")))


def own_drawing(pipeline: Any) -> dict[str, Any]:
    """The ``steps`` and ``guidance`` that a model is meant to be drawn with.

    They are those of ``drawing.json`` in the model's folder, else the defaults of the pipeline's call.

    >>> from visuosyn.testing import tiny_pipeline
    >>> own_drawing(tiny_pipeline("sd1"))  # diffusers' defaults
    {'steps': 50, 'guidance': 7.5}
    """
    call = inspect.signature(type(pipeline).__call__).parameters
    found = {"steps": call["num_inference_steps"].default, "guidance": call["guidance_scale"].default}
    path = Path(pipeline.name_or_path or "") / DRAWING
    if pipeline.name_or_path and path.is_file():
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def _read(model: str | Path, dtype: torch.dtype, progress: bool) -> Any:
    from diffusers import DiffusionPipeline
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of httpx, whichever the Hub uses

    folder = MICRO if model == "micro" else Path(model).expanduser()
    if model != "micro" and not folder.exists() and not _HUB_ID.fullmatch(str(model)):
        raise UserError(
            f"model {str(model)!r} is no folder: give 'micro', a folder with model_index.json or a Hub id (owner/name)"
        )
    if (folder.exists() or model == "micro") and not (folder / INDEX).is_file():
        raise UserError(f"{folder} holds no diffusers model: there is no model_index.json in it")
    with _quiet(progress):
        try:
            index = folder / INDEX if folder.exists() else Path(hf_hub_download(str(model), INDEX))
            _require_family(json.loads(index.read_text(encoding="utf-8")))
            source = folder if folder.exists() else DiffusionPipeline.download(str(model), use_safetensors=True)
            return DiffusionPipeline.from_pretrained(source, dtype=dtype, use_safetensors=True)
        except (OSError, ValueError, AttributeError, HTTPError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"model {str(model)!r} cannot be loaded: {reason}") from error


def _require_family(index: Any) -> None:
    """Refuse what a model_index.json names, if it is of no known family, before weights are fetched or read."""
    import diffusers

    name = str(index.get("_class_name"))
    entries = {part: entry for part, entry in index.items() if isinstance(entry, list) and entry[:1] == ["diffusers"]}
    named = {part: getattr(diffusers, str(entry[-1]), None) for part, entry in entries.items()}
    components = {part: kind for part, kind in named.items() if isinstance(kind, type)}
    require_family(getattr(diffusers, name, object), name, components)


@contextmanager
def _quiet(progress: bool) -> Iterator[None]:
    """Without ``progress``, diffusers and transformers show no bars and no warnings inside the block; what matters is
    raised as an error."""
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    with ExitStack() as stack:
        for library in () if progress else (diffusers, transformers):
            stack.callback(library.set_verbosity, library.get_verbosity())
            library.set_verbosity_error()
            if library.is_progress_bar_enabled():
                stack.callback(library.enable_progress_bar)
                library.disable_progress_bar()
        yield


def _device(name: str) -> torch.device:
    """The named device, where this machine and this build of torch have it."""
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name == "auto":
        return found or torch.device("cpu")
    counts = {"cpu": 1} | ({found.type: torch.accelerator.device_count()} if found else {})
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or (device.index or 0) >= counts.get(device.type, 0):
        numbered = [f"{kind}:{number}" for kind, count in counts.items() for number in range(count) if count > 1]
        raise UserError(
            f"device {name!r} is not available on this machine: use {', '.join(['auto', *counts, *numbered])}"
        )
    return device


def _dtype(name: str, device: torch.device) -> torch.dtype:
    names = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if name == "auto":
        return torch.float32 if device.type == "cpu" else torch.float16
    if name not in names:
        raise UserError(f"dtype {name!r} is not known: use auto, {', '.join(names)}")
    return names[name]


def _origin(pipeline: Any) -> tuple[str, str]:
    """Name and commit, each empty where unknown; the path of a folder in the Hub's cache has both."""
    source = pipeline.name_or_path
    if not source:
        return "", ""
    folder = Path(source)
    if folder == MICRO:
        return "micro", ""
    if folder.parent.name == "snapshots":
        return folder.parents[1].name.removeprefix("models--").replace("--", "/"), folder.name
    return str(source), ""


def _fingerprint(pipeline: Any) -> str:
    digest = hashlib.sha256()
    for name in _NETWORKS:
        network = getattr(pipeline, name, None)
        if network is not None:
            for key, tensor in sorted(network.state_dict().items()):
                if tensor.is_meta:  # offloaded module by module, not in memory
                    return "unknown"
                digest.update(f"{name}.{key}".encode())
                digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]
