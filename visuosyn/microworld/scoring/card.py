"""The model card of the bundled model: its sentences, with the figures filled in from the facts of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from visuosyn.microworld.scoring.recipe import COARSE, COARSE_UNTIL, LATENT_CHANNELS, Recipe
from visuosyn.microworld.world import words

CARD = """\
---
license: apache-2.0
pipeline_tag: text-to-image
library_name: diffusers
---

# The bundled micro text-to-image model

A latent diffusion model of the Stable Diffusion kind, small enough to train on two CPU cores: byte-level CLIP
tokenizer and text encoder, `UNet2DConditionModel`, `AutoencoderTiny`, DDIM schedule; pictures of 96x96 pixels. Cross
attention stands in one layer alone, at 12x12 on the way up (Stable Diffusion 1.5 has sixteen); besides, the caption as
a whole joins the time embedding (a pooled vector, as in DeepFloyd IF; Stable Diffusion XL has one, too). It exists so
that studies of prompts and attention run in minutes on a laptop, on scenes whose truth is known exactly.

    from diffusers import StableDiffusionPipeline
    pipeline = StableDiffusionPipeline.from_pretrained("visuosyn/microworld/model")
    pipeline("a zebra and a red ball", num_inference_steps=25, guidance_scale=3.0).images[0]

## Data

Rendered scenes with captions from a grammar (`visuosyn.microworld.world.scenes`), nothing else: {nouns} nouns
({noun_list}), {colours} colours, {sizes} sizes, {patterns} patterns, {grounds} grounds, numbers to three. {held}
combinations of words never share a training caption (`visuosyn.microworld.world.words.held_out`). `words.json` lists
every word form; any other word is cut into bytes and means nothing to the model.

## Training

| | |
| --- | --- |
| training time | {hours} hours on {devices} |
| steps, image views | {step:,}, {views:,} |
| decay of the learning rate finished | {finished} |
| batch, scenes, seed | {batch}, {scenes:,}, {seed} |
| changed on the way | {history} |

Velocity prediction with cosine noise (its times, 0 to 999, end in pure noise); Muon for matrices, AdamW for the rest;
rates that fell linearly over the last {decay:.0%} of the last budget (a training has one or several, one after the
other); averaged weights ({ema}). **Declared choices**, as they stood last: times are drawn as 1000 u^{late:g} with u
uniform, so that noisy ones come more often; the image loss weights a cell full of objects {object_factor:g} times; in
the first {single_phase:.0%} of the first budget {single_share:.0%} of the examples come from the scenes with one
object alone; {rare_share:.0%} are drawn from the scenes whose captions name a size or a pattern; in
{coarse_share:.0%} of the examples at times below {coarse_until} a coarse noise, interpolated from {coarse} normal
values, is added to the white one: it hides colours while outlines show, so that colour and ground words still matter
once the layout is fixed; in {drop_end:.0%} of all examples the states of the end tokens are replaced by those of the
empty caption, so that the words themselves carry the picture; in {drop_context:.0%} each token is encoded by itself,
so that an adjective acts through its own state and not only through that of its noun, which has read it; in a share of
examples that falls from {drop_qualities:.0%} without noise to none at pure noise, the time embedding reads nothing at
the places of adjectives and grounds, so that cross attention must convey them; captions are dropped in
{drop_caption:.0%}. **No loss on attention or on the mask of any word** was used, so where the attention of a word
lies was not taught. The autoencoder's encoder is a linear projection of 4x4 patches on {components} principal
components (`latents.safetensors`); its decoder was trained apart.

`training.json` holds the whole recipe and a SHA-256 sum of each weight file.
{evaluation}
## Limits

It knows this world only: one style, one side of every thing, pictures on a lattice of 4 pixels. Seen in pictures: a
thing alone, above all a big one, can come out stretched, twice, or with a limb too many; an animal on a vehicle or a
chair is a blur of the right colours; thin parts (a bicycle's frame, an umbrella's handle, legs) break or double; a
yellow thing fades on sand and snow; a strip of another ground can lie at the horizon; even areas are faintly mottled.
Figures on it say how a method behaves where the truth is known, not how a large model behaves.

## Licence

Weights: Apache-2.0, as the project. The scenes contain sprites of Fluent Emoji (Microsoft, MIT): see
`LICENSE-fluent-emoji`.
"""

DEVICES = {"cpu": "CPU", "cuda": "GPU"}

FIGURES = """\
From `python -m training evaluate` and `visuosyn world score`; in brackets intervals of 95%, where nothing else is
named. Pictures are drawn from prompts of the grammar. A thing alone is named by its silhouette; what stands where, in
which colour and how often is judged by the bundled segmenter, whose own precision and recall are among the figures.
Attention is plain DAAM over all cross-attention layers, on true scenes under noise, against exact masks: scenes of
seeds that were not trained on, of which simple ones can equal a training picture, and scenes of held-out combinations,
which cannot. The centred disc is the one that fits the things of training scenes best."""


def model_card(training: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """The card's text.

    Args:
        training: the content of `training.json`.
        evaluation: measured figures by name, beside the ``step`` they are of; empty before an evaluation.
    """
    recipe = Recipe.read(training["recipe"])
    return CARD.format(
        nouns=len(words.NOUNS),
        noun_list=", ".join(words.NOUNS),
        colours=len(words.COLOURS),
        sizes=len(words.SIZES),
        patterns=len(words.PATTERNS),
        grounds=len(words.GROUNDS),
        held=len(words.held_out()),
        hours=training["hours"],
        devices=" and ".join(DEVICES.get(device, device) for device in training.get("devices", ["cpu"])),
        step=training["step"],
        views=training["views"],
        finished="yes" if training["finished"] else _unfinished(training),
        history="; ".join(training["history"]) or "nothing",
        object_factor=1 + recipe.object_weight,
        coarse=" or ".join(f"{values}x{values}" for values in COARSE),
        coarse_until=COARSE_UNTIL,
        components=LATENT_CHANNELS,
        **asdict(recipe),
        evaluation=_table(evaluation),
    )


def _unfinished(training: Mapping[str, Any]) -> str:
    return f"no, {training['budget_used']:.0%} of the budget is used" if "budget_used" in training else "no"


def _table(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return ""
    rows = "\n".join(f"| {name} | {value} |" for name, value in evaluation.items() if name != "step")
    return f"\n## Figures\n\n{FIGURES}\n\n| measure | value |\n| --- | --- |\n{rows}\n"
