"""The subcommands of `filbert`, one a file: `add_to` says its arguments, `run` does it.

`run` raises OSError or ValueError for what the user can mend; the message is one line.
"""
