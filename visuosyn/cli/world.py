"""The commands of the microworld: its scenes, its model, its model's scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.cli.console import bars, group, resumable, say
from visuosyn.cli.derived import typed
from visuosyn.cli.options import Csv, Quiet, require_positive, require_writable
from visuosyn.cli.panels import UPKEEP
from visuosyn.errors import UserError
from visuosyn.studies.options import BatchSize, Guidance, Model, Steps

app = group("world", "The microworld: render its scenes, draw with its model, score the model.")
OutFolder = Annotated[Path, typer.Option(help="Folder: new or empty.", show_default=False)]


@app.command()
def render(
    count: Annotated[int, typer.Argument(help="Scenes.", show_default=False, metavar="N")],
    out: OutFolder,
    seed: Annotated[int, typer.Option(help="The first scene's seed; the next ones follow.")] = 0,
    split: Annotated[str, typer.Option(help="train, held-out or any: pairs of words held out of training.")] = "any",
    processes: Annotated[int | None, typer.Option(help="Workers. (one a core)")] = None,
    quiet: Quiet = False,
) -> None:
    """Render scenes to a folder: pictures, exact masks, captions with gold trees.

    **Example**

        visuosyn world render 1000 --out scenes --split held-out
    """
    from visuosyn.microworld.world.render_set import render as run

    require_positive(processes=processes)
    with bars(quiet) as progress:
        run(count, out, seed=seed, split=split, processes=processes, progress=progress)  # type: ignore[arg-type]
    say(f"{count} scenes: {out}", quiet=quiet)


@app.command()
@typed
def draw(
    prompt: Annotated[str, typer.Argument(help="What the picture should show.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="Picture to write, such as cat.png.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Another seed is another picture.")] = 0,
    model: Model = "micro",
    steps: Steps = None,
    guidance: Guidance = None,
    quiet: Quiet = False,
) -> None:
    """Draw one prompt with the bundled model.

    **Example**

        visuosyn world draw "a zebra and a red ball" --out zebra.png
    """
    from PIL import Image

    from visuosyn.microworld.scoring.drawing import draw_prompt

    require_positive(steps=steps)
    require_writable(out)
    if Image.registered_extensions().get(out.suffix.lower()) not in Image.SAVE:
        raise UserError(f"{str(out)!r} is no name of a picture: end it in .png")
    unknown = draw_prompt(prompt, out, model=model, seed=seed, steps=steps, guidance=guidance)
    if unknown:
        say(f"The model was never taught: {', '.join(unknown)}", quiet=quiet)
    say(f"Picture: {out}", quiet=quiet)


@app.command()
@typed
def score(
    *,
    out: Annotated[Path, typer.Option(help="Folder: new, or of the same run.", show_default=False)],
    model: Model = "micro",
    prompts: Annotated[int, typer.Option(help="Prompts to draw.")] = 1000,
    scenes: Annotated[int, typer.Option(help="Scenes for attention against exact masks.")] = 300,
    seed: Annotated[int, typer.Option(help="Of prompts and noise.")] = 0,
    steps: Steps = None,
    guidance: Guidance = None,
    batch_size: BatchSize = 8,
    csv: Csv = None,
    card: Annotated[
        bool, typer.Option("--card", metavar="", help="Write the figures into the model's card and evaluation.json.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Score a model of the microworld: draw prompts, judge the pictures, measure attention against exact masks.

    Nouns by silhouette, pairs, numbers, colours, relations, what was held out; each share with its interval. The
    folder's index.html shows the worst of each with pictures. Stopped, the same command goes on where it was.

    **Examples**

        visuosyn world score --out scores --csv scores.csv
        visuosyn world score --model checkpoints/mine --prompts 200 --out scores
    """
    from visuosyn.microworld import MODEL_DIR
    from visuosyn.microworld.scoring.drawing import Plan
    from visuosyn.microworld.scoring.score import score as run
    from visuosyn.microworld.scoring.score_card import write_card
    from visuosyn.run.files import atomic_write

    require_positive(prompts=prompts, scenes=scenes, steps=steps, batch_size=batch_size)
    if csv is not None:
        require_writable(csv)
    folder = MODEL_DIR if model == "micro" else Path(model)
    if card and not folder.is_dir():
        raise UserError(f"--card needs the model's folder, not {model!r}: give --model FOLDER")
    plan = Plan(prompts, seed, steps=steps, guidance=guidance, batch_size=batch_size, scenes=scenes)
    with resumable(out), bars(quiet) as progress:
        table = run(model, out=out, plan=plan, progress=progress)
    if csv is not None:
        with atomic_write(csv) as path:
            table.to_csv(path, index=False, float_format="%.6g")
    if card:
        say(f"Card: {write_card(folder, table)}", quiet=quiet)
    say(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"), quiet=quiet)
    say(f"Report: {out / 'index.html'}", quiet=quiet)


@app.command(rich_help_panel=UPKEEP)
def corpus(
    folder: Annotated[Path, typer.Argument(help="Folder to write.", show_default=False)], quiet: Quiet = False
) -> None:
    """Write the microworld's own corpus: captions with gold trees; the same code gives the same bytes.

    **Example**

        visuosyn world corpus corpora/microworld
    """
    from visuosyn.microworld.world.corpus import write_corpus

    write_corpus(folder)
    say(f"Corpus: {folder}", quiet=quiet)


@app.command(rich_help_panel=UPKEEP)
@typed
def planted(
    *,
    out: Annotated[Path, typer.Option(help="CSV file to write.", show_default=False)],
    model: Model = "micro",
    scenes: Annotated[int, typer.Option(help="Scenes to compare.")] = 500,
    quiet: Quiet = False,
) -> None:
    """Do heat maps know which thing contains which? Relations of maps against those of exact masks.

    The report of a study of relations shows the table where it finds it as tables/planted.csv of its folder.

    **Example**

        visuosyn world planted --out runs/relations/tables/planted.csv
    """
    from visuosyn.microworld.scoring.planted import write_planted

    require_positive(scenes=scenes)
    require_writable(out)
    write_planted(out, model=model, scenes=scenes)
    say(f"Table: {out}", quiet=quiet)
