"""The run folder: facts of what was drawn, what is measured, shards of images with heat maps, what is made from them
and whether it is current, and reading all of it back."""

from visuosyn.run.artifacts import Artifact, digest
from visuosyn.run.facts import RunFacts
from visuosyn.run.files import atomic_write, sha256, write_text
from visuosyn.run.folder import RunFolder, read_rows
from visuosyn.run.locks import locked
from visuosyn.run.measurement import Measurement
from visuosyn.run.shards import read_shard, write_shard

__all__ = [
    "Artifact",
    "Measurement",
    "RunFacts",
    "RunFolder",
    "atomic_write",
    "digest",
    "locked",
    "read_rows",
    "read_shard",
    "sha256",
    "write_shard",
    "write_text",
]
