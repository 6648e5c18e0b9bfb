"""What the source files import: in a statement anywhere, by a string, by an attribute of the package, for types."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import visuosyn

PACKAGE = Path(visuosyn.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
TRAINING = sorted((ROOT / "training").rglob("*.py"))


class Import(NamedTuple):
    """``name``: the module, or the module and a name in it; ``how``: "statement", "string", "attribute" or "types"."""

    name: str
    line: int
    how: str


def relative(path: Path) -> str:
    """A file's place: inside of the package, for ``training`` with that folder's name."""
    return (path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else path.relative_to(ROOT)).as_posix()


def room_of(path: Path) -> str:
    """The folder, or the module that stands beside the folders."""
    return relative(path).split("/")[0].removesuffix(".py")


def is_module(name: str) -> bool:
    """Whether a dotted name is a module of the package."""
    parts = name.split(".")
    if parts[0] != "visuosyn" or not all(map(str.isidentifier, parts)):
        return False
    at = ROOT.joinpath(*parts)
    return at.with_suffix(".py").is_file() or (at / "__init__.py").is_file()


def module_of(name: str) -> str:
    """The module in a dotted name that may end in a name of that module; "visuosyn" for the package's own names."""
    while "." in name and not is_module(name):
        name = name.rpartition(".")[0]
    return name


def imports(code: str) -> list[Import]:
    """All imports of a source text.

    A string counts as one where it is the dotted name of a module of the package, with ":name" or without, and, in a
    module that loads by an f-string (``import_module(f"visuosyn.view.{home}")``), where it completes that f-string to
    one. An attribute of the package itself (``import visuosyn as vs; vs.study``) counts as an import of that name.
    """
    tree = ast.parse(code)
    prefixes = [prefix for call in loads(tree) if (prefix := _loaded_below(call)) is not None]
    return [*_statements(tree, "statement"), *_strings(tree, ["", *prefixes]), *_attributes(tree)]


def _statements(node: ast.AST, how: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, how) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, f"a relative import in line {child.lineno}"
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, how) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _statements(ast.Module(child.body, []), "types")
            yield from _statements(ast.Module(child.orelse, []), how)
        else:
            yield from _statements(child, how)


def _strings(tree: ast.AST, prefixes: list[str]) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            value = node.value.partition(":")[0]  # "module:name", as in entry points
            found = (prefix + value for prefix in prefixes)
            yield from (Import(name, node.lineno, "string") for name in found if "." in name and is_module(name))


def _attributes(tree: ast.AST) -> Iterator[Import]:
    """What is taken from the package itself, under whatever name; "visuosyn.*" where that cannot be seen."""
    nodes = list(ast.walk(tree))
    aliases = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    called = {alias.asname or "visuosyn" for alias in aliases if alias.name == "visuosyn" or _binds_the_package(alias)}
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            first, *rest = _dotted(node)
            if first in called:
                yield Import(".".join(["visuosyn", *(rest or "*")]), node.lineno, "attribute")
    for call in loads(tree):
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == "visuosyn":
            yield Import("visuosyn.*", call.lineno, "attribute")


def _binds_the_package(alias: ast.alias) -> bool:
    return alias.name.startswith("visuosyn.") and alias.asname is None


def _dotted(node: ast.expr) -> list[str]:
    """The names of a dotted expression, the first one empty where it does not start with a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else ["", *names]


def loads(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of ``import_module`` and ``__import__``, under another name too."""
    called = {"import_module", "__import__"} | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in ("import_module", "__import__") and alias.asname
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in called:
            yield node


def computed_loads(code: str) -> list[int]:
    """The lines that load a module whose name is no constant."""
    return [
        call.lineno for call in loads(ast.parse(code)) if not (call.args and isinstance(call.args[0], ast.Constant))
    ]


def _loaded_below(call: ast.Call) -> str | None:
    """The constant start of the f-string that a call of ``import_module`` loads."""
    if call.args and isinstance(name := call.args[0], ast.JoinedStr) and isinstance(name.values[0], ast.Constant):
        return str(name.values[0].value)
    return None


def imports_of(path: Path) -> list[Import]:
    """All imports of a file, modules of the package by their full names."""
    found = imports(path.read_text(encoding="utf-8"))
    return [one._replace(name=module_of(one.name)) if one.name.startswith("visuosyn") else one for one in found]


def of_the_package(path: Path) -> Iterator[tuple[str, str, Import]]:
    """(room, module below ``visuosyn``, import) for each import of the package itself; ``__version__`` is no module."""
    for one in imports_of(path):
        library, _, rest = one.name.partition(".")
        if library == "visuosyn":
            yield rest.split(".")[0] or "__init__", rest, one
