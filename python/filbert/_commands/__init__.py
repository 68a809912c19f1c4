"""The subcommands of `filbert`, each in a file: `add_to` adds its parser, and `run` runs it.

`run` raises OSError or ValueError for errors that the user can mend. The message is one line.
"""
