"""The command that plans a study from the variances of a pilot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.cli.console import say
from visuosyn.cli.options import Quiet


def power(
    pilot: Annotated[
        Path, typer.Argument(help="Run folder of a pilot, or a table of its pairs as Parquet.", show_default=False)
    ],
    difference: Annotated[float, typer.Option(help="True mIoD - mIoH to be found, in points.")] = 5.0,
    power: Annotated[float, typer.Option(help="Chance to find it.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Level of the two-sided test.")] = 0.05,
    seeds: Annotated[str, typer.Option(help="Numbers of seeds to plan for.")] = "1,2,4,8",
    mask: Annotated[str | None, typer.Option(help="Mask rule. (the first of the run)", show_default=False)] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Also write the full table to this file.", show_default=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """How many captions, with how many seeds, does a study need? From a pilot run.

    For each relation: captions of such a corpus that are needed to find the difference, with each number of seeds;
    the spread between prompts and between seeds, in points; and what the pilot itself could find.

    **Example**

        visuosyn power runs/pilot --difference 5 --power 0.8
    """
    from visuosyn.data.masks import MaskRule
    from visuosyn.stats.corrections import FEW
    from visuosyn.studies.relations.pilot import read_pilot
    from visuosyn.studies.relations.statistics.power import needed_prompts, power_table
    from visuosyn.studies.settings import parse_seeds

    pairs = read_pilot(pilot)
    rule = str(MaskRule.parse(mask)) if mask else next(iter(pairs["mask"]), None)
    numbers = parse_seeds(seeds)
    table = power_table(pairs, mask=rule, difference=difference, power=power, alpha=alpha, seeds=numbers)
    if csv is not None:
        table.to_csv(csv, index=False, lineterminator="\n")
    wide = needed_prompts(table)
    say(f"Captions needed to find mIoD - mIoH = {difference:g} points under {rule} (power {power:g}, alpha {alpha:g})")
    say(wide.to_string(index=False, na_rep="-", float_format="{:.1f}".format), quiet=quiet)
    if wide["relation"].str.endswith("*").any():
        say(f"* under {FEW} prompts in the pilot: its variances are a guess", quiet=quiet)
    if pairs["seed"].nunique() == 1:
        say("The pilot has one seed, so only studies of one seed can be planned.", quiet=quiet)
