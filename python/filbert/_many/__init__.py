"""One call of `fit_many`: its arguments, and what came of them.

Not imported with the package, as `_training` is not.
"""

from filbert._many.members import Prepared, Preparing
from filbert._many.run import run

__all__ = ["Prepared", "Preparing", "run"]
