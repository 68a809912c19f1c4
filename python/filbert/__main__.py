"""The command `filbert`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from filbert import __version__
from filbert._commands import info, predict
from filbert._stderr import stderr


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="filbert", description="Neural networks in a nutshell: small, fast and reproducible."
    )
    parser.add_argument("--version", action="version", version=f"filbert {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="learn to read handwritten digits",
        description="A network learns to read handwritten digits, and shows what it reads. "
        'Without --data it takes those of scikit-learn: pip install "filbert[demo]".',
    )
    demo.add_argument("--data", metavar="DIR", help="MNIST's IDX files, plain or .gz, instead")
    demo.add_argument(
        "--seed", type=_seed, default=0, help="which digits are for the test (default 0)"
    )
    demo.add_argument("--epochs", type=_positive, help="how often to go through the digits")
    demo.set_defaults(run=_demo)
    info.add_to(commands)
    predict.add_to(commands)
    arguments = parser.parse_args(argv)
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output has what they wanted
        code = 141  # as a shell says it of SIGPIPE
    except OSError as error:
        code = _fail(_shown(error), 2)
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
    )  # or Python complains at its exit
    return code


def _run(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        return _fail(_shown(error), 2)
    except KeyboardInterrupt:
        return 130
    return code


def _shown(error: Exception) -> str:
    """One line, which a file cannot make control the terminal."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _demo(arguments: argparse.Namespace) -> int:
    from filbert import datasets
    from filbert import demo as digits_demo

    try:
        if arguments.data is None:
            print(f"split seed: {arguments.seed}")
            digits = digits_demo.small_digits(arguments.seed)
        else:
            digits = digits_demo.Digits(*datasets.load_mnist(arguments.data))
    except ImportError:
        return _fail('the demo needs scikit-learn for its digits: pip install "filbert[demo]"')
    except (OSError, ValueError) as error:
        return _fail(str(error))
    if arguments.data is None:
        digits_demo.run(digits, epochs=arguments.epochs or 20, learning_rate=0.005)
    else:
        digits_demo.run(digits, epochs=arguments.epochs or 6, learning_rate=0.002)
    return 0


def _fail(message: str, code: int = 1) -> int:
    print(f"filbert: {message}", file=stderr(), flush=True)
    return code


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"expected 0 .. 2**32 - 1, got {value}")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
