"""What verdicts are called: a time is slower, a size larger. The enum's own words stay in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.model.comparison import ComparedRow
from bench.model.verdict import Verdict
from bench.pure.metrics import IMAGE_LAYERS, MORE_IS_BETTER, WALL, unit_of
from bench.report.units import count_text

NOT_JUDGED = "not judged"
_ORDER = (Verdict.SLOWER, Verdict.UNDECIDED, Verdict.SAME, Verdict.FASTER)


def verdict_word(verdict: Verdict, metric: str) -> str:
    """`slower` for a build, `larger` for an image, `lower` for a hit ratio: each is a change for the worse."""
    if verdict not in {Verdict.SLOWER, Verdict.FASTER}:
        return verdict.value
    rose = (verdict is Verdict.SLOWER) is (metric not in MORE_IS_BETTER)
    return _words(metric)[rose]


def _words(metric: str) -> tuple[str, str]:
    """What the metric is called when it went down, and when it went up."""
    if metric == IMAGE_LAYERS:
        return "fewer", "more"
    if metric == WALL or metric.startswith("phase_"):
        return "faster", "slower"
    return {"s": ("less", "more"), "bytes": ("smaller", "larger")}.get(unit_of(metric), ("lower", "higher"))


def answer_text(rows: Sequence[ComparedRow], metric: str) -> str:
    """The answer in words, what is worse first: `slower: 1 of 4 rows; undecided: 2; same: 1`."""
    counts = Counter(row.verdict for row in rows)
    parts = [(verdict_word(verdict, metric), counts[verdict]) for verdict in _ORDER]
    parts.append((NOT_JUDGED, counts[None]))
    words = [f"{word}: {count}" for word, count in parts if count]
    words[0] += f" of {count_text(len(rows), 'row')}"
    return "; ".join(words)
