"""Tables in files, as `filbert train` reads them, for the tests of that."""

import numpy as np

from filbert._commands import learn_table, tables


def read(path, text, target="-1", **choice):
    """The table that a text, or bytes, or an array makes in a file at this path."""
    if isinstance(text, np.ndarray):
        np.save(path, text)
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with tables.opened(str(path)) as (source, is_npy):
        made = learn_table.Choice(target, **choice)
        return learn_table.read(source, is_npy, made, lambda done: None)


def shown(table):
    """The columns of a table, short: names of numbers, with ? for gaps; names and values of text."""
    return [
        column.name
        + ("=" + "|".join(column.values) if column.values else "")
        + ("?" if column.has_gaps else "")
        for column in table.columns
    ]


def target(table):
    """The values of the target, as a list."""
    if hasattr(table.target, "codes"):
        return [table.target.values[code] for code in table.target.codes]
    return table.target.values.tolist()
