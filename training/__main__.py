"""The commands of training: ``python -m training train``, ``decoder``, ``evaluate``, ``export``, ``train-judge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from training.defaults import DECODER_MINUTES, JUDGE_STEPS, MINUTES
from visuosyn.cli.console import group
from visuosyn.microworld.scoring.recipe import DEFAULTS, Recipe

app = group("training", "Train the microworld's model and judge, from a clone of the repository.")
RunFolder = Annotated[Path, typer.Option(help="Folder of the run.", show_default=False)]
DecoderMinutes = Annotated[float, typer.Option(help="Training of a missing decoder before the export.")]


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Checkpoints, log, sheets, scenes.")] = Path("checkpoints/micro"),
    minutes: Annotated[
        float | None, typer.Option(help=f"Budget in training time. (the run's own, {MINUTES:g})")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Budget in steps instead (the same on any machine).")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out, or the bundled weights.")
    ] = False,
    ranks: Annotated[int | None, typer.Option(help="Processes. (2 on a CPU of several cores, else 1)")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    export: Annotated[Path | None, typer.Option(help="Write the pipeline folder there when the training ends.")] = None,
    decoder_minutes: DecoderMinutes = DECODER_MINUTES,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=f"Change the recipe: {', '.join(DEFAULTS)}.")
    ] = None,
    batch: Annotated[int | None, typer.Option(help=f"--set batch ({Recipe.batch} examples a step).")] = None,
    scenes: Annotated[int | None, typer.Option(help=f"--set scenes ({Recipe.scenes} to render).")] = None,
    seed: Annotated[int | None, typer.Option(help=f"--set seed ({Recipe.seed}).")] = None,
) -> None:
    """Train the bundled model.

    A stopped or killed run is continued by the same command with --resume, a finished one with a new budget.

    **Examples**

        python -m training train --minutes 100
        python -m training train --resume --export visuosyn/microworld/model
    """
    from training.start import describe
    from training.train import run

    short = {"batch": batch, "scenes": scenes, "seed": seed}
    settings = [f"{name}={value}" for name, value in short.items() if value is not None]
    job = describe(
        out,
        minutes=minutes,
        steps=steps,
        ranks=ranks,
        device=device,
        resume=resume,
        settings=[*settings, *(set_ or ())],
        export=export,
        decoder_minutes=decoder_minutes,
    )
    run(job, export_to=export, decoder_minutes=decoder_minutes)


@app.command()
def decoder(
    out: RunFolder,
    minutes: Annotated[float, typer.Option(help="Training time.")] = DECODER_MINUTES,
) -> None:
    """Train the autoencoder's decoder of a run, further if it has one, and print its decibels on unseen scenes."""
    from training.decoder import run

    typer.echo(str(run(out, minutes=minutes)))


@app.command()
def evaluate(out: RunFolder) -> None:
    """Evaluate a run: the figures go to its evaluation.json, from where an export of the same step takes them."""
    from training.evaluate import run

    typer.echo(run(out), nl=False)


@app.command()
def export(
    out: RunFolder,
    to: Annotated[Path, typer.Option(help="Pipeline folder to write.", show_default=False)],
) -> None:
    """Export a run's averaged weights as a pipeline folder, with its model card."""
    from training.export import export as run

    run(out, to)


@app.command("train-judge")
def train_judge(
    out: Annotated[Path, typer.Option(help="Folder of the judge.", show_default=False)],
    part: Annotated[Literal["all", "segmenter", "silhouette", "measure"], typer.Option(help="What to train.")] = "all",
    steps: Annotated[int, typer.Option(help="Of the segmenter.")] = JUDGE_STEPS,
) -> None:
    """Train the judge of pictures into a folder, or one part of it, and measure it."""
    from training.train_judge import run

    run(out, part=part, steps=steps)


if __name__ == "__main__":
    app(prog_name="python -m training")
