"""What a field of a CSV is: a number, the name of a column, nothing, or none of these."""

from __future__ import annotations

# How programs write a value that is missing or is no number, by its letters and digits alone.
_MARKERS = frozenset(
    {
        *("na", "nan", "nanind", "nat", "null", "nul", "nil", "none", "missing", "nodata"),
        *("notavailable", "undefined", "undef", "inf", "infinity", "true", "false", "yes", "no"),
    }
)

# What says in a table that a value is missing, beside what the user names.
MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none"})


def is_missing(field: str) -> bool:
    """Whether a field says that there is no value."""
    return field.strip().casefold() in MISSING


def is_number(field: str) -> bool:
    """Whether a field is a number as other languages write them too; nan and inf are numbers.

    Python's own float() takes 1_0 for 10, and the digits of every script.
    """
    text = field.strip()
    if not text.isascii() or "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_name(field: str) -> bool:
    """Whether a field can only be a name: it starts with a letter or _, and is no value."""
    text = field.strip().casefold()
    if not (text[:1].isalpha() or text[:1] == "_"):
        return False
    return "".join(filter(str.isalnum, text)) not in _MARKERS
