"""Text of whatever origin in a Markdown document: shown as it is, and never taken for markup."""

from __future__ import annotations

import re

from bench.report.units import plain_text

_MARKUP = re.compile(r"([\\`*_\[\]#~])")
_INSIDE_WORD = re.compile(r"(?<=\w)\\_(?=\w)")


def markdown_safe(text: str) -> str:
    """A text outside code: what Markdown or HTML would take for markup is escaped."""
    escaped = _MARKUP.sub(r"\\\1", plain_text(text).replace("&", "&amp;").replace("<", "&lt;"))
    return _INSIDE_WORD.sub("_", escaped)


def markdown_code(text: str) -> str:
    """A text as code: its fence is longer than any run of backticks in it (CommonMark 0.31, section 6.1)."""
    plain = plain_text(text)
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain else ""
