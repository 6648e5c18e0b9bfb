"""The command that serves the app."""

from __future__ import annotations

from typing import Annotated

import typer

from visuosyn.cli import options as o
from visuosyn.cli.console import say


def app(
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    parser: o.PromptParser = o.PARSER,
    scheme: o.Scheme = "ud",
    port: Annotated[int, typer.Option(help="Port of this machine.", min=1, max=65535)] = 7860,
    browser: Annotated[bool, typer.Option("--browser", metavar="", help="Open it in the browser.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Type prompts in the browser: picture, tree, maps, overlaps.

    Served on this machine alone until Ctrl-C. Needs Gradio: pip install 'visuosyn[app]'.

    **Example**

        visuosyn app --browser
    """
    from visuosyn.app import serve

    say(f"Loading {model}; then open http://127.0.0.1:{port} (Ctrl-C ends it)", quiet=quiet)
    serve(model=model, device=device, dtype=dtype, parser=parser, scheme=scheme, port=port, browser=browser)
