"""Prints the tables that say whether verdicts can be believed: `python -m benchmarks.verdicts [TABLE …]`.

Each table is a function without arguments; another one is added to TABLES.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from benchmarks.arguments import chosen_parts
from benchmarks.verdicts.false_alarms import false_alarms
from benchmarks.verdicts.power import power
from benchmarks.verdicts.tables import Table, rendered

TABLES: dict[str, Callable[[], Table]] = {"false-alarms": false_alarms, "power": power}


def main(names: Sequence[str]) -> None:
    """Print the named tables, each with the time that it took."""
    for name in names:
        begun_s = time.perf_counter()  # noqa: TID251  (how long a table takes is no measurement of a build)
        print(rendered(TABLES[name]()))
        print(f"({name} took {time.perf_counter() - begun_s:.0f} s)\n")  # noqa: TID251


if __name__ == "__main__":
    main(chosen_parts(tuple(TABLES), None, what="table", about=__doc__))
