"""The names that a benchmark takes on its command line: some of its parts, or all of them without any."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def chosen_parts(known: Sequence[str], words: Sequence[str] | None, *, what: str, about: str | None) -> list[str]:
    """The parts that are named in `words` (None: the process's own arguments), or all of `known`.

    Exits with 2 and a message where one is not known. (`choices` of argparse refuses its own default here.)
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar=what.upper(), help=f"{', '.join(known)}; all of them without any")
    chosen = parser.parse_args(words).parts or list(known)
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen
