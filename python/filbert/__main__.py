"""The command `filbert`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from filbert import __version__
from filbert._commands import demo, evaluate, info, output, predict, train
from filbert._edge.stderr import stderr

EXITS = (
    "Exit codes: 0; 2 for whatever is wrong with the arguments, files or data; 130 after Ctrl-C; 141 "
    "when whoever reads the output has gone."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    output.prepare()
    parser = argparse.ArgumentParser(
        prog="filbert",
        description="Neural networks in a nutshell: small, fast and reproducible.",
        epilog=EXITS,
    )
    parser.add_argument("--version", action="version", version=f"filbert {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (demo, train, evaluate, predict, info):
        command.add_to(commands)
    arguments = parser.parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has what they wanted
        code = 141  # as a shell says it of SIGPIPE
        output.abandon(sys.stdout)
    except OSError as error:
        code = _fail(error)
        output.abandon(sys.stdout)
    output.settle(sys.stderr)
    return code


def _run(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        return _fail(error)
    except KeyboardInterrupt:
        return 130
    return code


def _fail(error: Exception) -> int:
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    print(f"filbert: {output.printable(text)}", file=stderr(), flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
