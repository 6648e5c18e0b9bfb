"""The microworld's own corpus: captions with gold trees, chosen so that every kind of scene and relation is there.

``visuosyn world corpus FOLDER`` writes it; the same code gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from pathlib import Path

from visuosyn.microworld.world import words
from visuosyn.microworld.world.grammar import WorldSentence
from visuosyn.microworld.world.layouts import said_pairs
from visuosyn.microworld.world.scenes import Scene, sample
from visuosyn.run.files import write_text

FIRST_SEED = 1_000_000
# How many captions of each kind; adnominal clauses (acl) and "a cat and its hat" apart, since they are rarer.
QUOTAS = {
    "one": 22,
    "pair": 34,
    "three": 18,
    "count": 14,
    "pair of": 14,
    "basket of": 14,
    "on": 10,
    "under": 8,
    "front": 8,
    "wear": 10,
    "wear, acl": 14,
    "hold": 10,
    "hold, acl": 14,
    "its": 10,
}


def conllu(sentence: WorldSentence, comments: dict[str, str]) -> str:
    """The caption's tree as one CoNLL-U block: comments, the text, a line a word, a blank line.

    MISC holds ``start_char`` and ``end_char``, and ``Entity`` as in CorefUD where two mentions are one entity.
    """
    lines = [f"# {name} = {value}" for name, value in (comments | {"text": sentence.text}).items()]
    for number, token in enumerate(sentence.tree, start=1):
        word = (str(number), token.form, token.lemma, token.upos, token.xpos, "_")
        lines.append("\t".join((*word, str(token.head), token.deprel, token.deps, token.misc)))
    return "\n".join(lines) + "\n\n"


def choose() -> dict[int, Scene]:
    """The corpus's scenes by seed (split ``any``): each caption once, by the quotas, shuffled."""
    left = Counter(QUOTAS)
    chosen: set[str] = set()
    scenes: dict[int, Scene] = {}
    seed = FIRST_SEED
    while left.total():
        scene = sample(seed, split="any")
        kind = _quota(scene)
        if left[kind] and scene.caption not in chosen:
            left[kind] -= 1
            chosen.add(scene.caption)
            scenes[seed] = scene
        seed += 1
    seeds = sorted(scenes)
    random.Random(0).shuffle(seeds)
    return {seed: scenes[seed] for seed in seeds}


def _quota(scene: Scene) -> str:
    labels = {token.deprel for token in scene.tree}
    return "its" if "nmod:poss" in labels else f"{scene.kind}, acl" if "acl" in labels else scene.kind


def captions(scenes: dict[int, Scene]) -> str:
    """The CoNLL-U file: each caption is a document of its own and names its scene, seed and held-out pairs."""
    blocks = []
    for number, (seed, scene) in enumerate(scenes.items(), start=1):
        name = f"microworld-{number:03}"
        comments = {"newdoc id": name}
        if number == 1:
            comments["global.Entity"] = "eid-etype-head"
        comments |= {"sent_id": name, "scene": f"any/{seed}", "kind": scene.kind}
        held_out = sorted(said_pairs(scene.mentions) & words.held_out())
        if held_out:
            comments["held_out"] = ", ".join(" + ".join(pair) for pair in held_out)
        blocks.append(conllu(scene.sentence, comments))
    return "".join(blocks)


def metadata(scenes: dict[int, Scene]) -> str:
    """Name, licence, size, counts by kind and by enhanced label, and the command that makes the corpus: JSON."""
    edges = [edge.partition(":") for scene in scenes.values() for token in scene.tree for edge in token.deps.split("|")]
    facts = {
        "name": "microworld",
        "description": "English captions of the microworld's scenes with gold enhanced Universal Dependencies trees",
        "licence": "Apache-2.0",
        "language": "en",
        "n": len(scenes),
        "file": "captions.conllu",
        "command": "visuosyn world corpus corpora/microworld",
        "kinds": dict(sorted(Counter(scene.kind for scene in scenes.values()).items())),
        "relations": dict(sorted(Counter(label for *_, label in edges).items())),
    }
    return json.dumps(facts, indent=2) + "\n"


def held_out_table() -> str:
    """The pairs of words that never share a training caption: CSV with sort (adjective, noun), first, second."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("sort", "first", "second"))
    rows = [("noun" if first in words.NOUNS else "adjective", first, second) for first, second in words.held_out()]
    writer.writerows(sorted(rows))
    return table.getvalue()


def files() -> dict[str, str]:
    """Name and text of every generated file of the corpus."""
    scenes = choose()
    return {
        "captions.conllu": captions(scenes),
        "held_out.csv": held_out_table(),
        "metadata.json": metadata(scenes),
    }


def write_corpus(folder: Path) -> None:
    """Write the corpus into a folder, which is made where it is missing; files of the same names are replaced.

    >>> write_corpus(Path("corpus"))
    >>> sorted(path.name for path in Path("corpus").iterdir())
    ['captions.conllu', 'held_out.csv', 'metadata.json']
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        write_text(folder / name, text)
