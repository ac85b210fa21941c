"""`make bench-verdicts` names no part: that has to mean all of them."""

from __future__ import annotations

import pytest

from benchmarks.arguments import chosen_parts


@pytest.mark.parametrize(("words", "chosen"), [([], ["compare", "bisect"]), (["bisect"], ["bisect"])])
def test_all_parts_are_run_unless_some_are_named(words: list[str], chosen: list[str]) -> None:
    assert chosen_parts(("compare", "bisect"), words, what="part", about=None) == chosen


def test_a_part_that_there_is_not_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        chosen_parts(("compare", "bisect"), ["bisekt"], what="part", about=None)
    assert "no part bisekt; there are compare, bisect" in capsys.readouterr().err
