"""The stages of a study, each from the run folder to the run folder. A stage skips what is done."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.corpus import Corpus, conllu
from visuosyn.data import Caption, Dropped, Sentence
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import DTYPES, pair_table, unmeasured_pairs
from visuosyn.parse import Parser, all_pairs, unusable_edges, word_pairs
from visuosyn.run import RunFacts, RunFolder, atomic_write, read_shard, sha256, write_shard, write_text
from visuosyn.run.shards import checksum, is_complete
from visuosyn.studies.batches import Job, draw_batch

Progress = Callable[[str, int, int], None]  # stage, units done, units in all
INPUTS, LISTED = b"visuosyn inputs", b"visuosyn dropped"
PAIRS = pa.schema(
    [(name, pa.string() if kind == "str" else pa.from_numpy_dtype(np.dtype(kind))) for name, kind in DTYPES.items()]
)


def parse_stage(folder: RunFolder, corpus: Corpus, parser: Parser | None) -> tuple[Sentence, ...]:
    r"""Write ``parses.conllu``, and to ``dropped.csv`` the captions that cannot be measured; give the trees.

    ``parser`` may be ``None`` where every caption brings its tree. Raises UserError if the trees that are there
    are those of other captions.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.corpus import read_corpus
    >>> from visuosyn.parse import load_parser
    >>> from visuosyn.run import RunFolder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     captions, run = Path(folder, "captions.txt"), RunFolder(Path(folder, "run"))
    ...     _ = captions.write_text("a red cat\ndogs\n")
    ...     sentences = parse_stage(run, read_corpus(captions), load_parser())
    ...     [word.relation for word in sentences[0].words], run.dropped()["reason"].tolist()
    (['det', 'amod', 'root'], ['one word only: no pair to measure'])
    """
    if not folder.parses.exists():
        write_trees(folder.parses, corpus, parser)
    sentences = folder.sentences()
    if [(s.id, s.text) for s in sentences] != [(c.id, c.text) for c in corpus]:
        raise UserError(f"{folder.parses} does not hold the captions of {corpus.path}: remove it to parse them again")
    if not folder.dropped_file.exists():
        write_dropped(folder, [*corpus.dropped, *without_pairs(sentences)])
    return sentences


def require_pairs(corpus: Corpus, parser: Parser | None) -> None:
    """Raise UserError where no caption of a corpus has a pair of words; the first one that has ends the search."""
    if not any(word_pairs(sentence) for sentence in _trees(corpus, parser, batch_size=8)):
        raise UserError(f"no caption of {corpus.path} has two words, so there is no pair to measure: nothing was drawn")


def without_pairs(sentences: Iterable[Sentence]) -> list[Dropped]:
    """The captions that have no pair of words, whatever is drawn."""
    alone = "one word only: no pair to measure"
    return [
        Dropped("caption", s.id, s.text, alone if len(s.words) < 2 else "no two of its words make a pair")
        for s in sentences
        if not all_pairs(s)
    ]


def write_trees(path: Path, corpus: Corpus, parser: Parser | None) -> None:
    """Write a corpus as CoNLL-U with character spans; noise id and source of each caption are comments."""
    sentences = (
        conllu.with_comments(s, noise_id=c.noise_id, source=c.source)
        for s, c in zip(_trees(corpus, parser), corpus, strict=True)
    )
    write_text(path, conllu.write(sentences, spans=True))


def trace_stage(
    folder: RunFolder,
    captions: Sequence[Caption],
    sentences: Sequence[Sentence],
    pipeline: Any,
    *,
    progress: Progress | None = None,
) -> int:
    """Draw and trace every caption with every seed, a shard a batch; gives how many images had to be drawn.

    Shards that are there and whole are kept. Batches are cut once, by the order of the corpus, so a resumed study
    draws in the same company.

    >>> import shutil
    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.data import Caption
    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_pipeline, tiny_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = RunFolder(Path(shutil.copytree(tiny_run(), Path(folder, "run"))))
    ...     captions = [Caption(s.id, s.text, noise_id=s.id) for s in run.sentences()]
    ...     run.shard(0).unlink()  # as if the study had been stopped
    ...     [trace_stage(run, captions, run.sentences(), tiny_pipeline()) for _ in range(2)]
    [4, 0]
    """
    facts, drawn = folder.facts, 0
    jobs = [Job(c, s, seed) for c, s in zip(captions, sentences, strict=True) for seed in facts.seeds]
    for number, start in enumerate(range(0, len(jobs), facts.batch_size)):
        batch = jobs[start : start + facts.batch_size]
        if not is_complete(folder.shard(number)):
            write_shard(folder.shard(number), draw_batch(pipeline, batch, facts), storage=facts.storage)
            drawn += len(batch)
        if progress:
            progress("trace", start + len(batch), len(jobs))
    return drawn


def measure_stage(
    folder: RunFolder,
    *,
    masks: Iterable[str] | None = None,
    edges: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Measure all pairs of all images: ``pairs.parquet``, and ``dropped.csv`` with what could not be measured.

    ``masks`` replaces the mask rules of the study, ``edges`` its choice of pairs: "enhanced" for all, "basic" to leave
    out the edges that only the enhanced graph has. Raises UserError if images are still missing.

    >>> import shutil
    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = RunFolder(Path(shutil.copytree(tiny_run(), Path(folder, "run"))))
    ...     measure_stage(run, masks=["area:0.1", "soft"])
    ...     run.pairs()["mask"].unique().tolist(), run.facts.masks
    (['area:0.1', 'soft'], ('area:0.1', 'soft'))
    """
    wanted = {"masks": None if masks is None else tuple(masks), "edges": edges}
    if changed := {name: value for name, value in wanted.items() if value is not None}:
        folder.facts.with_facts(**changed).save(folder.path)
    facts, shards = folder.facts, folder.shards
    _require_all(folder, facts, len(shards))
    inputs = _digest(folder, facts, shards)
    if _is_measured(folder, inputs):
        return
    sentences = {sentence.id: sentence for sentence in folder.sentences()}
    dropped = [*corpus_drops(folder), *(d for s in sentences.values() for d in unusable_edges(s))]
    with atomic_write(folder.pairs_file) as temporary, pq.ParquetWriter(temporary, PAIRS, compression="zstd") as writer:
        for number, shard in enumerate(shards, start=1):
            table, lost = measure_shard(shard, sentences, facts.masks, edges=facts.edges)
            writer.write_table(table)
            dropped += lost
            if progress:
                progress("measure", number, len(shards))
        write_dropped(folder, dropped)
        writer.add_key_value_metadata({INPUTS: inputs, LISTED: sha256(folder.dropped_file)})


def report_stage(folder: RunFolder, *, again: bool = False) -> Path:
    """Write tables, figures and the page, unless the page is younger than the measurements (or ``again``).

    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder.open(tiny_run())
    >>> report_stage(run).name, run.relations()["relation"].unique().tolist()
    ('index.html', ['unrelated', 'all head-dependent', 'det', 'amod', 'case', 'nmod:in'])
    """
    from visuosyn.studies.relations.page import write_report  # draws: seconds to import

    made_of = [path for path in (folder.pairs_file, folder.controls_file, folder.multiverse_file) if path.exists()]
    done = (folder.tables / "relations.csv").exists() and all(_is_younger(folder.page, path) for path in made_of)
    if again or not done:
        write_report(folder.path)
    return folder.page


def measure_shard(
    shard: Path, sentences: dict[str, Sentence], masks: Sequence[str], *, edges: str = "enhanced"
) -> tuple[pa.Table, list[Dropped]]:
    """The pair table of a shard's images, and what of them could not be measured; a lost image has no pairs.

    With ``edges`` "basic" the pairs that only the enhanced graph joins are left out, measured or not; the numbers of
    the others stay.
    """
    frames, lost = [], []
    for maps in read_shard(shard):
        sentence = sentences[maps.caption_id]
        lost_image = any(one.what == "image" for one in maps.dropped)
        pairs = () if lost_image else all_pairs(sentence)
        table = pair_table(maps, sentence, pairs, masks)
        if edges == "basic":
            table, pairs = table[table["edge"] != "enhanced"], tuple(p for p in pairs if p.edge != "enhanced")
        frames.append(table)
        unmeasured = unmeasured_pairs(maps, sentence, pairs)
        lost += [*maps.dropped, *unmeasured]
        if pairs and len(unmeasured) == len(pairs):
            lost.append(
                Dropped("image", maps.caption_id, maps.prompt, "none of its pairs could be measured", maps.seed)
            )
    return pa.Table.from_pandas(pd.concat(frames), schema=PAIRS, preserve_index=False), lost


def write_vocabulary(folder: RunFolder, sentences: Iterable[Sentence], known: frozenset[str] | None) -> None:
    """List the words that the model was never taught: ``tables/vocabulary.csv``, and their number in the facts.

    Where the model does not say what it knows (``None``) there is nothing to list.
    """
    words = count_words(sentences)
    counts = {"words": words.total()}
    if known is not None:
        strange = outside(known, words)
        counts["words_outside_vocabulary"] = strange.total()
        rows = sorted(strange.items(), key=lambda item: (-item[1], item[0]))
        table = pd.DataFrame(rows, columns=["word", "n"])
        write_text(folder.tables / "vocabulary.csv", table.to_csv(index=False, lineterminator="\n"))
    facts = folder.facts
    if facts.with_facts(counts=counts) != facts:
        facts.with_facts(counts=counts).save(folder.path)


def count_words(sentences: Iterable[Sentence]) -> Counter[str]:
    """How often each word occurs, in lower case; punctuation is none."""
    return Counter(w.text.lower() for s in sentences for w in s.words if any(map(str.isalnum, w.text)))


def outside(known: frozenset[str], words: Counter[str]) -> Counter[str]:
    """The words that a model was never taught.

    >>> outside(frozenset({"a", "cat"}), Counter({"a": 2, "monkey": 1}))
    Counter({'monkey': 1})
    """
    return Counter({word: n for word, n in words.items() if word not in known})


def _trees(corpus: Corpus, parser: Parser | None, *, batch_size: int = 256) -> Iterator[Sentence]:
    if parser:
        return parser.parse(corpus, batch_size=batch_size)
    return (caption.sentence for caption in corpus if caption.sentence)


def _require_all(folder: RunFolder, facts: RunFacts, found: int) -> None:
    images = facts.captions * len(facts.seeds)
    wanted = -(-images // facts.batch_size)
    if found < wanted:
        raise UserError(
            f"{folder.path} is not traced to the end ({found} of {wanted} batches): run the same study or trace again"
        )


def _digest(folder: RunFolder, facts: RunFacts, shards: Sequence[Path]) -> str:
    """What the measurements depend on, as one checksum."""
    parts = [*DTYPES, facts.edges, *facts.masks, sha256(folder.parses), *(checksum(shard) for shard in shards)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_measured(folder: RunFolder, inputs: str) -> bool:
    try:
        told = pq.read_metadata(folder.pairs_file).metadata or {}
        return told[INPUTS] == inputs.encode() and told[LISTED] == sha256(folder.dropped_file).encode()
    except (OSError, KeyError, pa.ArrowInvalid):
        return False


def _is_younger(path: Path, than: Path) -> bool:
    return path.exists() and path.stat().st_mtime_ns >= than.stat().st_mtime_ns


def corpus_drops(folder: RunFolder) -> list[Dropped]:
    """The captions that cannot be measured, as the parse stage listed them."""
    table = folder.dropped()
    rows = table.loc[table["what"] == "caption", ["caption_id", "text", "reason"]].to_numpy()
    return [Dropped("caption", str(id), str(text), str(reason)) for id, text, reason in rows]


def write_dropped(folder: RunFolder, dropped: Iterable[Dropped]) -> None:
    """Write ``dropped.csv``."""
    names = ["what", "caption_id", "seed", "text", "reason"]
    table = pd.DataFrame([[getattr(d, name) for name in names] for d in dropped], columns=names)
    table = table.astype({"seed": "Int64"})
    write_text(folder.dropped_file, table.to_csv(index=False, lineterminator="\n"))
