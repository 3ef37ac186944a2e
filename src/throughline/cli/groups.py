"""The commands in the order in which a person needs them; the help and its page follow it."""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Begin", ("demo", "serve", "user", "migrate")),
    ("Bring data in", ("inspect", "suggest", "load", "record", "quarantine")),
    ("Trust the data", ("trust", "readiness", "lineage", "history", "believed")),
    ("Look at the plant", ("materials", "explode", "orders", "deliveries", "flow")),
    ("Measure it", ("kpis", "states", "losses", "alerts")),
    ("Plan", ("plan", "schedule", "survive", "assumptions", "trace")),
    ("Run the loop", ("turn", "decide")),
    ("Keep the record", ("export", "verify", "backup", "restore")),
    ("Compare", ("solve",)),
)
EXIT = "Exit: 0 done, 1 the data or the request is wrong, 2 usage, 3 the world failed."

_WIDTH = 13


def overview(abouts: Mapping[str, str]) -> str:
    """All commands in their groups, each with its sentence, and what the exit codes mean."""
    parts = []
    for heading, names in GROUPS:
        lines = [f"  {name:<{_WIDTH}}{abouts[name]}" for name in names]
        parts.append("\n".join([f"{heading}:", *lines]))
    more = "throughline COMMAND --help tells the arguments of one."
    return "\n\n".join([*parts, f"{more}\n{EXIT}"])
