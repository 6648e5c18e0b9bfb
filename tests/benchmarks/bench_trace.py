"""What tracing costs: CPU time of a traced over an untraced call, and the state it holds.

    python tests/benchmarks/bench_trace.py [--quick]

One thread, random weights, guidance on. Traced and untraced calls take turns (first one, then the other, goes first);
the ratio is the median over the rounds' ratios, the range their quartiles. ``--quick`` leaves the Stable Diffusion 1.5
size out (half a minute of CPU time a call).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import torch
import typer
from diffusers import StableDiffusionPipeline, UNet2DConditionModel

from visuosyn.testing import text_encoder, tiny_pipeline
from visuosyn.tracing import generator, trace

PROMPT = "a dog and a cat in a hat with the ball"


def pipeline(channels: tuple[int, ...]) -> StableDiffusionPipeline:
    """A random pipeline with the U-Net of Stable Diffusion 1.5, at the given widths."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(sample_size=64, block_out_channels=channels, cross_attention_dim=768)
    parts = tiny_pipeline("sd1").components
    pipe = StableDiffusionPipeline(
        **parts | {"unet": unet, "text_encoder": text_encoder(768)}, requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def seconds(work: Callable[[], Any]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(
    pipe: Any, *, prompts: int, latent: int, steps: int, rounds: int, maps: bool
) -> tuple[float, list[float], float]:
    """Seconds of an untraced call, the rounds' ratios, and the megabytes held after a traced call."""
    call = {"num_inference_steps": steps, "height": 4 * latent, "width": 4 * latent, "output_type": "latent"}
    held = []

    def draw() -> None:
        pipe([PROMPT] * prompts, generator=[generator("bench", i) for i in range(prompts)], **call)

    def traced() -> None:
        with trace(pipe) as tracer:
            draw()
        held.append(sum(array.nbytes for r in tracer._records for _, array, _ in r.sums) / 1e6)
        if maps:
            for each in tracer.heat_maps():
                each.array  # noqa: B018  a cached property: computed here

    draw(), traced()  # warm up
    plain, ratios = [], []
    for number in range(rounds):
        order = (draw, traced) if number % 2 else (traced, draw)
        took = {work: seconds(work) for work in order}
        plain.append(took[draw])
        ratios.append(took[traced] / took[draw])
    return float(np.median(plain)), ratios, held[-1]


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Leave the large model out.")] = False,
    rounds: Annotated[int, typer.Option(help="Pairs of calls, traced and untraced.", min=1)] = 15,
) -> None:
    """Print the table of costs."""
    torch.set_num_threads(1)
    small = (32, 64, 64, 64)
    cases = [
        ("small U-Net, 16x16 latents, 10 steps", small, {"prompts": 1, "latent": 16, "steps": 10, "maps": False}, 1.10),
        ("the same, 16 prompts, all maps", small, {"prompts": 16, "latent": 16, "steps": 10, "maps": True}, 1.15),
        (
            "the same, 16x16 latents, 1 prompt, all maps",
            small,
            {"prompts": 1, "latent": 16, "steps": 10, "maps": True},
            None,
        ),
    ]
    if not quick:
        large = (320, 640, 1280, 1280)
        cases.append(
            (
                "SD 1.5 size, 64x64 latents, 2 steps",
                large,
                {"prompts": 1, "latent": 64, "steps": 2, "maps": False},
                1.02,
            )
        )
    print(f"{'case':46}{'untraced s':>11}{'ratio':>8}{'quartiles':>16}{'bar':>7}{'state MB':>10}")
    pipes: dict[Any, Any] = {}
    for name, channels, case, bar in cases:
        pipe = pipes[channels] if channels in pipes else pipes.setdefault(channels, pipeline(channels))
        plain, ratios, held = compare(pipe, rounds=rounds if channels == small else max(3, rounds // 5), **case)
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        print(f"{name:46}{plain:11.3f}{middle:8.3f}{f'{low:.3f}-{high:.3f}':>16}{bar or '':>7}{held:10.2f}", flush=True)


if __name__ == "__main__":
    typer.run(main)
