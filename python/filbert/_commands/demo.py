"""`filbert demo`: a network learns to read handwritten digits."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "demo",
        help="learn to read handwritten digits",
        description="A network learns to read handwritten digits, and shows what it reads. "
        'Without --data it takes those of scikit-learn: pip install "filbert[demo]".',
    )
    parser.add_argument("--data", metavar="DIR", help="MNIST's IDX files, plain or .gz, instead")
    parser.add_argument(
        "--seed", type=_seed, default=0, help="which digits are for the test (default 0)"
    )
    parser.add_argument("--epochs", type=_positive, help="how often to go through the digits")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read the digits, train a network, and show what it has learned."""
    from filbert import datasets  # imported here because the other commands do not need them
    from filbert import demo as digits_demo

    if arguments.data is not None:
        digits = digits_demo.Digits(*datasets.load_mnist(arguments.data))
        digits_demo.run(digits, epochs=arguments.epochs or 6, learning_rate=0.002)
        return 0
    try:
        digits = digits_demo.small_digits(arguments.seed)
    except ImportError:
        raise ValueError(
            'the demo needs scikit-learn for its digits: pip install "filbert[demo]"; or give '
            "MNIST's files with --data"
        ) from None
    print(f"split seed: {arguments.seed}")
    digits_demo.run(digits, epochs=arguments.epochs or 20, learning_rate=0.005)
    return 0


def _seed(text: str) -> int:
    return _integer(text, 0, 2**32 - 1)


def _positive(text: str) -> int:
    return _integer(text, 1)


def _integer(text: str, least: int, most: int | None = None) -> int:
    with contextlib.suppress(ValueError):
        value = int(text)
        if value >= least and (most is None or value <= most):
            return value
    bounds = f"of at least {least}" if most is None else f"in {least} .. {most}"
    raise argparse.ArgumentTypeError(f"expected an integer {bounds}, got {text!r}")
