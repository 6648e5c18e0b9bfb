"""Run the command line in child processes that get a signal at given moments; libraries are loaded once, here.

Reads one JSON object a line, {"arguments": [...], "signal": number or null, "after": seconds, "once": path or null},
where the signal waits for the path and then for the seconds, and answers each with
{"code": exit code, negative for the signal that ended it, "seconds": how long it ran}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

import visuosyn as vs
from visuosyn.cli import app

PATIENCE = 120.0  # seconds


def load() -> None:
    """Load what the commands load."""
    for name in ("matplotlib.pyplot", "seaborn", "spacy", "statsmodels.api", "visuosyn.studies.relations.page"):
        import_module(name)
    _ = vs.load_pipeline, vs.study, vs.load_parser


def child(arguments: list[str]) -> None:
    code = 1
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal: a job in the background ignores it
    try:
        app(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(code)


def answer(order: dict) -> dict:
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(order["arguments"])
    if order["signal"] is not None:
        while order["once"] and not Path(order["once"]).exists() and time.monotonic() < start + PATIENCE:
            time.sleep(0.001)
        time.sleep(order["after"])
        os.kill(pid, order["signal"])
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - start}


if __name__ == "__main__":
    load()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
