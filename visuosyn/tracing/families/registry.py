"""The known families: those of this package, and those of installed packages, found by entry points.

Another package adds a family in its ``pyproject.toml``, as a class made without arguments or as an object:

    [project.entry-points."visuosyn.families"]
    flux = "their_package.flux:Flux"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from visuosyn.errors import UserError
from visuosyn.tracing.families.base import Family
from visuosyn.tracing.families.unet import UNet

GROUP = "visuosyn.families"
BUILT_IN: tuple[Family, ...] = (UNet(),)


def families() -> tuple[Family, ...]:
    """All families that can be traced, those of this package first.

    Raises ``UserError`` for an entry point that is no family, or one with a name that is taken.

    >>> [family.name for family in families()]
    ['unet']
    """
    return tuple(_families())


def family_of(pipeline: Any) -> Family:
    """The family of a pipeline; ``UserError`` that lists the known ones where there is none.

    >>> from visuosyn.testing import tiny_pipeline
    >>> family_of(tiny_pipeline("sdxl")).name
    'unet'
    """
    if isinstance(pipeline, str):
        raise UserError(
            f"trace() watches a loaded pipeline, and {pipeline!r} is a text: load one with load_pipeline('micro'), "
            "or draw, trace and parse a prompt in one line with look(prompt)"
        )
    parts = {name: part for name, part in getattr(pipeline, "__dict__", {}).items() if not name.startswith("_")}
    components = {name: type(getattr(part, "_orig_mod", part)) for name, part in parts.items()}  # as before compilation
    return require_family(type(pipeline), type(pipeline).__name__, components)


def require_family(kind: type, name: str, components: Mapping[str, type]) -> Family:
    """The family of a class of pipelines with components of these classes, by their names in the pipeline.

    ``UserError``, which calls the pipeline ``name``, where there is none. The families of this package are asked
    first: where one of them supports the pipeline, no other package is loaded.

    >>> from visuosyn.testing import tiny_pipeline
    >>> pipeline = tiny_pipeline("sd1")
    >>> require_family(type(pipeline), "mine", {"unet": type(pipeline.unet)}).name
    'unet'
    """
    known = []
    for family in _families():
        if family.supports(kind, components):
            return family
        known.append(f"{family.name}: {', '.join(family.pipelines)}")
    denoisers = [components[part].__name__ for part in ("unet", "transformer", "prior") if part in components]
    raise UserError(
        f"{' with '.join([name, *denoisers])} is of no family that can be traced. "
        f"Known families: {'; '.join(known)}. docs/adding.md in the repository says how one is added"
    )


def _families() -> Iterator[Family]:
    yield from BUILT_IN
    taken = {family.name for family in BUILT_IN}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        family = _load(entry)
        if family.name in taken:
            raise UserError(
                f"{_described(entry)} is called {family.name!r}, as another family is: uninstall one of them"
            )
        taken.add(family.name)
        yield family


def _load(entry: EntryPoint) -> Family:
    try:
        found = entry.load()
        family = found() if isinstance(found, type) else found
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(f"{_described(entry)} cannot be loaded: {reason}; fix or uninstall it") from error
    if not isinstance(family, Family):
        raise UserError(f"{_described(entry)} is not a family: it lacks parts of visuosyn.tracing.families.base.Family")
    return family


def _described(entry: EntryPoint) -> str:
    package = f" of the package {entry.dist.name}" if entry.dist is not None else ""
    return f"the family {entry.name} = {entry.value!r}{package}"
