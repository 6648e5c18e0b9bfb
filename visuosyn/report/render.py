"""Pages from templates: one file with its style sheet and scripts inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from visuosyn.view.cards import colour_table, script_json

SCRIPTS = ("tables.js", "maps.js", "cards.js")


def render(package: str, *, masks: Sequence[str], mask: str, **context: Any) -> str:
    """The page of a package, from its ``page.html``, with style sheet and scripts inside; what came from captions is
    escaped."""
    settings = {"masks": list(masks), "mask": mask, "colours": colour_table()}
    return (
        environment(package)
        .get_template("page.html")
        .render(
            css=_asset("page.css"),
            js=Markup("").join(_asset(name) for name in SCRIPTS),
            settings=Markup(script_json(settings)),
            masks=masks,
            mask=mask,
            **context,
        )
    )


@cache
def environment(package: str = "") -> Environment:
    """The templates of a package before our own; escaping is always on, and a name that is not given is an error."""
    shell = PackageLoader("visuosyn.report", "templates")
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), shell] if package else [shell]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["points"] = points
    made.filters["pvalue"] = pvalue
    return made


def points(value: float, sign: bool = False) -> str:
    """A figure with one decimal and a true minus; what rounds to 0 has no minus.

    >>> points(-3.14159), points(2, sign=True), points(-0.04)
    ('−3.1', '+2.0', '0.0')
    """
    return f"{value:+z.1f}".replace("-", "−") if sign else f"{value:z.1f}".replace("-", "−")


def pvalue(value: float) -> str:
    """A p with three decimals, and a dash where there is none.

    >>> pvalue(0.0312), pvalue(0.00002), pvalue(1.0), pvalue(float("nan"))
    ('.031', '< .001', '1', '–')
    """
    if value != value:
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".lstrip("0") if value < 0.9995 else "1"


def _asset(name: str) -> Markup:
    """One of our own style sheets or scripts, to stand inside the page as it is."""
    return Markup(files("visuosyn.report").joinpath(f"templates/{name}").read_text(encoding="utf-8"))
