from __future__ import annotations

import pandas as pd

from visuosyn.report.tables import dropped_summary


def test_dropped_are_counted_by_kind_of_reason() -> None:
    dropped = pd.DataFrame(
        {
            "what": ["word", "word", "pair", "caption"],
            "caption_id": ["1", "2", "2", "9"],
            "text": ["cat", "dog", "det(dog-2, a-1)", ""],
            "reason": ["'cat' is past token 77", "'dog' is past token 77", 'no map of "don\'t": lost', "it is empty"],
        }
    )
    counted = dropped_summary(dropped)
    assert counted["n"].tolist() == [2, 1, 1] and counted["n"].sum() == len(dropped)
    first = counted.iloc[0]
    assert (first["what"], first["reason"], first["n_captions"], first["example"]) == (
        "word",
        "‘…’ is past token 77",
        2,
        "cat",
    )
    assert "no map of ‘…’: lost" in set(counted["reason"])
    assert dropped_summary(dropped.iloc[:0]).empty
