"""Where the program begins: Ctrl-C ends it in a word, also while the command line is still being imported.

It imports nothing that takes time: what comes before its `try` answers Ctrl-C with a traceback.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130
"""ExitCode.INTERRUPTED, which would have to be imported."""


def start() -> None:
    """Run the command line, and exit."""
    try:
        from bench.cli.main import main

        main()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("interrupted\n")
            sys.stderr.flush()
        os._exit(INTERRUPTED)  # CPython ends by the signal even so where the interrupt came within exec() of a text
