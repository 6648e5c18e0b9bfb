"""The table of the known families."""

from __future__ import annotations

from typing import Any

from visuosyn.errors import UserError
from visuosyn.tracing.families.base import Family
from visuosyn.tracing.families.unet import UNet

_FAMILIES: tuple[Family, ...] = (UNet(),)


def families() -> tuple[Family, ...]:
    """All families that can be traced.

    >>> [family.name for family in families()]
    ['unet']
    """
    return _FAMILIES


def family_of(pipeline: Any) -> Family:
    """The family of a pipeline; ``UserError`` that lists the known ones where there is none."""
    if isinstance(pipeline, str):
        raise UserError(
            f"trace() watches a loaded pipeline, and {pipeline!r} is a text: load one with load_pipeline('micro'), "
            "or draw, trace and parse a prompt in one line with look(prompt)"
        )
    return require_family(type(pipeline), type(pipeline).__name__)


def require_family(kind: type, name: str) -> Family:
    """The family of a class of pipelines; ``UserError``, which calls it ``name``, where there is none."""
    for family in _FAMILIES:
        if family.supports(kind):
            return family
    known = "; ".join(f"{family.name}: {', '.join(family.pipelines)}" for family in _FAMILIES)
    raise UserError(
        f"{name} is of no family that can be traced. Known families: {known}. "
        "docs/adding.md in the repository says how one is added"
    )
