"""The notes under the tables in words. `bench.pure.notes` decides what is worth saying; here it is only said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from bench.model.summary import Note, NoteKind
from bench.pure.last_words import short_cause, shortened
from bench.pure.schedule import Stop
from bench.report.units import plain_text

_MOST_SUBJECTS = 4
_LONGEST_OUTPUT = 300
_ABOUT_METRICS = frozenset({NoteKind.METERS, NoteKind.HOST_WIDE, NoteKind.ABSENT})
_STOPS: Mapping[Stop, str] = {
    Stop.SETTLED: "every row was settled",
    Stop.HOPELESS: "every row was settled but those of which no trial counts, or none of what they are compared with",
    Stop.NOTHING: "none of its trials counts",
    Stop.BUDGET: "another one would have been over the budget",
    Stop.ROUNDS: "it was to take no more; not every row was settled",
}
_TITLES: Mapping[str, str] = {
    "cpu_user_s": "user CPU time",
    "cpu_system_s": "system CPU time",
    "steps_cpu_s": "CPU time of the steps",
    "engine_cpu_s": "CPU time of the engine",
    "network_received_bytes": "network received",
    "network_sent_bytes": "network sent",
    "network_loopback_bytes": "loopback traffic",
    **{
        f"stall_{kind}_{share}_s": f"{words} stalls ({share})"
        for kind, words in (("cpu", "CPU"), ("memory", "memory"), ("io", "disk"))
        for share in ("some", "full")
    },
    "step_use": "use of each step",
    "memory_peak_bytes": "peak memory",
    "disk_read_bytes": "disk reads",
    "disk_written_bytes": "disk writes",
    "cache_growth_bytes": "cache growth",
    "image_compressed_bytes": "compressed image size",
    "image_waste_bytes": "image waste",
    "image_layers": "image layers",
}


def note_text(note: Note) -> str:
    """One note as one line of plain text, without control characters, however odd the reason that it quotes."""
    return plain_text(_SENTENCES[note.kind](note))


def note_output(note: Note) -> tuple[str, ...]:
    """What a failed step printed last, as plain lines to stand below the note."""
    return tuple(shortened(text, _LONGEST_OUTPUT) for line in note.output if (text := plain_text(line)))


def notes_about(notes: Iterable[Note], metrics: Collection[str]) -> Iterator[Note]:
    """The notes that a reader of a table with these metrics needs: meters of others are not told."""
    for note in notes:
        if note.kind not in _ABOUT_METRICS:
            yield note
        elif kept := tuple(name for name in note.subjects if name in metrics):
            yield msgspec.structs.replace(note, subjects=kept)


def _running(note: Note) -> str:
    return f"This run is still under way: {note.detail} trials are to come."


def _interrupted(note: Note) -> str:
    return f"This run is not finished: {note.detail} trials are missing. Finish it with: buildmark resume {_only(note)}"


def _cut_off(note: Note) -> str:
    return f"{note.detail}; `buildmark resume` measures that trial again."


def _unavailable(note: Note) -> str:
    cost = f", which cost {_trials(note)}" if note.count else ""
    return f"The base {_only(note)} could not be had{cost}: {note.detail}"


def _failed(note: Note) -> str:
    return f"{_trials(note)} failed ({_some(note)}): {short_cause(note.detail)}{_log(note)}"


def _timeout(note: Note) -> str:
    return f"{_trials(note)} ran out of time ({_some(note)}): {short_cause(note.detail)}{_log(note)}"


def _invalid(note: Note) -> str:
    what = "is invalid and counts" if note.count == 1 else "are invalid and count"
    return f"{_trials(note)} {what} in no number ({_some(note)}): {note.detail}{_log(note)}"


def _disturbed(note: Note) -> str:
    what = "was disturbed and counts" if note.count == 1 else "were disturbed and count"
    return (
        f"{_trials(note)} {what} in no number ({_some(note)}): other work took up to {note.detail} of the machine's "
        "CPU time. Show them with: --keep-disturbed"
    )


def _smoke(note: Note) -> str:
    return f"The smoke test of {_only(note)} failed: {note.detail}"


def _stopped(note: Note) -> str:
    return f"The run ended after {note.detail} rounds, since {_STOPS[Stop(note.subjects[0])]}."


def _plain_effects(note: Note) -> str:
    run, axis = note.subjects
    return (
        "Rounds ended when something was decided, and the intervals of the effects are plain ones, which are too "
        f"narrow for that. To judge an axis as the run did: buildmark compare {run} --axis {axis}"
    )


def _decided(note: Note) -> str:
    verdict, reference = note.detail.split(" ", maxsplit=1)
    words = {"faster": "Faster than", "slower": "Slower than", "same": "The same as", "undecided": "Undecided against"}
    return f"{words[verdict]} {reference}: {_some(note)}."


def _canary(note: Note) -> str:
    middle, spread = note.detail.split(", ")
    return f"The canary took {middle} (median of {note.count}); the middle half of its builds lay within {spread}."


def _no_reference(note: Note) -> str:
    axis, level = note.subjects
    return f"The axis {axis} has no effects: its first level, {level}, has no valid trial to compare with."


def _few_rounds(note: Note) -> str:
    odds = {n: odd for n, odd in zip(note.subjects, note.detail.split(", "), strict=True) if n != "1"}
    if not odds:
        return "One valid trial shows no spread: take 6 rounds or more for a range that holds the median to 95 %."
    alone = " One valid trial shows no spread." if "1" in note.subjects else ""
    where = f"With {next(iter(odds))} valid trials" if len(odds) == 1 else "With fewer than 6 valid trials"
    chances = [odd if len(odds) == 1 else f"{odd} ({n} trials)" for n, odd in odds.items()]
    return (
        f"{where} the range is from the fastest to the slowest, and holds the true median with a probability of "
        f"{' or '.join(chances)} only: take 6 rounds or more for 95 %.{alone}"
    )


def _meters(note: Note) -> str:
    return f"Measured by {note.detail}: {_titles(note)}."


def _host_wide(note: Note) -> str:
    return f"Measured host-wide, so other programs on the machine are in it: {_titles(note)}."


def _absent(note: Note) -> str:
    return f"Not measured: {_titles(note)} ({note.detail})."


def _overhead(note: Note) -> str:
    return f"{note.detail} of the campaign lay outside the timed regions: {', '.join(note.subjects)}."


def _environment(note: Note) -> str:
    return f"When the run began, {note.detail}."


_SENTENCES: Mapping[NoteKind, Callable[[Note], str]] = {
    NoteKind.RUNNING: _running,
    NoteKind.INTERRUPTED: _interrupted,
    NoteKind.STOPPED: _stopped,
    NoteKind.CUT_OFF: _cut_off,
    NoteKind.UNAVAILABLE: _unavailable,
    NoteKind.FAILED: _failed,
    NoteKind.TIMEOUT: _timeout,
    NoteKind.INVALID: _invalid,
    NoteKind.DISTURBED: _disturbed,
    NoteKind.DECIDED: _decided,
    NoteKind.PLAIN_EFFECTS: _plain_effects,
    NoteKind.CANARY: _canary,
    NoteKind.SMOKE: _smoke,
    NoteKind.NO_REFERENCE: _no_reference,
    NoteKind.FEW_ROUNDS: _few_rounds,
    NoteKind.METERS: _meters,
    NoteKind.HOST_WIDE: _host_wide,
    NoteKind.ABSENT: _absent,
    NoteKind.OVERHEAD: _overhead,
    NoteKind.ENVIRONMENT: _environment,
}


def _only(note: Note) -> str:
    return note.subjects[0]


def _trials(note: Note) -> str:
    return "1 trial" if note.count == 1 else f"{note.count} trials"


def _some(note: Note) -> str:
    shown = ", ".join(note.subjects[:_MOST_SUBJECTS])
    more = len(note.subjects) - _MOST_SUBJECTS
    return f"{shown} and {more} more" if more > 0 else shown


def _titles(note: Note) -> str:
    return ", ".join(_TITLES.get(name, name) for name in note.subjects)


def _log(note: Note) -> str:
    return f" (log: {note.log})" if note.log else ""
