"""`filbert demo`: a network learns to read handwritten digits."""

from __future__ import annotations

import argparse
from typing import Any

from filbert._commands import numbers


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
        "--seed", type=numbers.seed, default=0, help="which digits are for the test (default 0)"
    )
    parser.add_argument(
        "--epochs", type=numbers.positive, help="how often to go through the digits"
    )
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
