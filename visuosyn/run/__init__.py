"""The run folder: facts of a run, shards of images with heat maps, atomic files, and reading all of it back."""

from visuosyn.run.facts import RunFacts
from visuosyn.run.files import atomic_write, sha256, write_text
from visuosyn.run.folder import RunFolder, read_pairs
from visuosyn.run.shards import read_shard, write_shard

__all__ = ["RunFacts", "RunFolder", "atomic_write", "read_pairs", "read_shard", "sha256", "write_shard", "write_text"]
