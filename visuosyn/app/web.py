"""A page on this machine where a prompt is typed and looked at (Gradio)."""

from __future__ import annotations

import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import Annotated, Any

from visuosyn.errors import UserError
from visuosyn.parse import DEFAULT, Parser, load_parser
from visuosyn.studies import options as o
from visuosyn.studies.options import Option
from visuosyn.studies.prompt.page import explain_html
from visuosyn.studies.prompt.study import look, write_look

LOCAL = "127.0.0.1"
MASKS = ("relative:0.4", "soft")  # the page's slider gives every other threshold
LONGEST = 300  # characters of a prompt here: pages of longer ones are slow in a frame; ``visuosyn explain`` takes them
SEED, STEPS = "Seed", "Denoising steps"  # the labels of the numbers
KEPT = 3600  # seconds that a finished download stays
HINT = "<p>Write a prompt and press Enter: the picture, the tree and the maps of its words come here.</p>"


def serve(
    *,
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    parser: o.PromptParser = DEFAULT,
    scheme: o.Scheme = "ud",
    port: Annotated[int, Option("Port of this machine.", limits=(1, 65535))] = 7860,
    browser: Annotated[bool, Option("Open it in the browser.")] = False,
    wait: bool = True,
) -> Any:
    """Serve the app on this machine alone, at ``http://127.0.0.1:port``; returns the Gradio app.

    ``browser`` opens it there; ``wait`` keeps serving until Ctrl-C. Nothing is sent anywhere, no share link is made.
    Raises UserError where Gradio is missing or the port is taken.

    >>> import socket
    >>> from visuosyn.testing import tiny_pipeline
    >>> with socket.socket() as free:  # any port that is free
    ...     free.bind(("127.0.0.1", 0))
    ...     port = free.getsockname()[1]
    >>> app = serve(model=tiny_pipeline(), port=port, wait=False)
    >>> app.local_url == f"http://127.0.0.1:{port}/", app.share_url
    (True, None)
    >>> app.close(verbose=False)
    """
    gradio = _gradio()
    from visuosyn.tracing import load_pipeline  # takes seconds to load

    app = build(load_pipeline(model, device=device, dtype=dtype), load_parser(parser, scheme=scheme))
    theme = gradio.themes.Default(
        primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
    )  # fonts of the machine: nothing is fetched
    try:
        app.launch(
            server_name=LOCAL, server_port=port, inbrowser=browser, share=False, quiet=True, footer_links=[],
            theme=theme, ssr_mode=False, pwa=False, prevent_thread_lock=not wait,
        )  # fmt: skip
    except OSError as error:
        raise UserError(f"port {port} of this machine is taken: choose another one with --port") from error
    return app


def build(pipeline: Any, parser: Parser) -> Any:
    """The app as Gradio blocks: a prompt, a seed, the number of steps; the page of the prompt; its folder as a zip."""
    gradio = _gradio()
    held = tempfile.TemporaryDirectory(prefix="visuosyn-")  # removed when the app ends

    def draw(prompt: str, seed: float | None, steps: float | None) -> tuple[str, Any]:
        try:
            if len(prompt) > LONGEST and prompt.strip():
                raise UserError(f"the prompt has {len(prompt):,} characters: give at most {LONGEST} here")
            chosen, many = whole(SEED, seed), whole(STEPS, steps)
            seen = look(prompt, pipeline=pipeline, parser=parser, seed=chosen, steps=many, masks=MASKS)
        except UserError as error:
            return f'<p role="alert"><strong>{escape(str(error))}</strong></p>', gradio.update(visible=False)
        page = explain_html(seen.maps, seen.sentence, seen.pairs, unknown=seen.unknown, facts=seen.facts)
        folder = Path(tempfile.mkdtemp(dir=held.name))
        write_look(seen, folder / "look")
        packed = shutil.make_archive(str(folder / "visuosyn"), "zip", folder / "look")
        shutil.rmtree(folder / "look")
        return framed(page), gradio.update(value=packed, visible=True)

    with gradio.Blocks(title="visuosyn", analytics_enabled=False, delete_cache=(KEPT, KEPT)) as app:
        gradio.Markdown("# visuosyn\nWhat the syntax of a prompt does in the picture.")
        with gradio.Row():
            prompt = gradio.Textbox(label="Prompt", placeholder="a dog wearing a red hat", scale=4, autofocus=True)
            seed = gradio.Number(0, label=SEED, precision=0, minimum=0, scale=1)
            count = gradio.Number(own_steps(pipeline), label=STEPS, precision=0, minimum=1, scale=1)
        button = gradio.Button("Draw", variant="primary")
        view = gradio.HTML(HINT, elem_id="view")
        download = gradio.File(label="The folder of this prompt, to download", visible=False)
        for event in (prompt.submit, button.click):
            event(draw, [prompt, seed, count], [view, download], concurrency_limit=1, concurrency_id="draw")
    return app


def whole(name: str, value: float | None) -> int:
    """The number in a field, which Gradio gives as None once it was emptied: UserError then.

    >>> whole("Seed", 3.0)
    3
    """
    if value is None:
        raise UserError(f"the field “{name}” is empty: write a whole number")
    return int(value)


def framed(page: str) -> str:
    """A page inside a frame of its own, which may run its script and nothing else.

    >>> framed('<p title="x">')
    '<iframe title="Picture, tree, maps and overlaps" sandbox="allow-scripts" style="width:100%;height:85vh;border:0" \
srcdoc="&lt;p title=&quot;x&quot;&gt;"></iframe>'
    """
    return (
        '<iframe title="Picture, tree, maps and overlaps" sandbox="allow-scripts" '
        f'style="width:100%;height:85vh;border:0" srcdoc="{escape(page)}"></iframe>'
    )


def own_steps(pipeline: Any) -> int:
    """The steps that a pipeline draws best with."""
    from visuosyn.tracing import own_drawing  # takes seconds to load

    return int(own_drawing(pipeline)["steps"])


def _gradio() -> Any:
    try:
        import gradio
    except ImportError as error:
        raise UserError("the app needs Gradio: pip install 'visuosyn[app]'") from error
    return gradio
