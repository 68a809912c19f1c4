"""What a network holds, as attributes: its parameters, and what its inputs and outputs are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from filbert._edge import arrays
from filbert._edge.encoding import Column, columns_from
from filbert._edge.layers import Parameters
from filbert._edge.normalisation import Normalisation, normalisation_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from filbert._core import Network32, Network64


class Contents:
    """The base of `Network`."""

    __module__ = "filbert"

    _core: Network32 | Network64

    @property
    def w(self) -> Parameters:
        """Weights by layer 1..L: writable views (n_out, n_in); w[l][j, k] goes from k to j.

        `w[l] = A` copies in place, after a check of the shape and for NaN and infinity.
        """
        return Parameters("w", [self._core.w(l) for l in range(1, len(self._core.sizes))])

    @property
    def b(self) -> Parameters:
        """Biases by layer 1..L: writable views (n_out,)."""
        return Parameters("b", [self._core.b(l) for l in range(1, len(self._core.sizes))])

    @property
    def parameters(self) -> NDArray[Any]:
        """All parameters, as one writable vector: for each layer W as [in][out], then b.

        Setting it copies in place, after the checks of `w[l] = A`.
        """
        return self._core.parameters

    @parameters.setter
    def parameters(self, value: ArrayLike) -> None:
        own = self._core.parameters
        own[:] = arrays.as_shaped("parameters", value, own.shape, own.dtype)

    @property
    def classes(self) -> NDArray[Any] | None:
        """The labels of the outputs, strings or int64, read-only; or None."""
        return self._core.classes

    @property
    def feature_names(self) -> list[str] | None:
        """What the columns were called in the frame that the first `fit` to one has seen; or None.

        From then on, a frame is refused whose columns have other names, or another order. Arrays
        have no names, and are taken as they are.
        """
        return self._core.feature_names

    @property
    def columns(self) -> list[Column] | None:
        """The columns of the table that `filbert train` learned from, which `encode` takes; or None."""
        return columns_from(self._core.columns)

    @property
    def target_name(self) -> str | None:
        """What the column was called that the outputs stand for; or None."""
        return self._core.target_name

    @property
    def normalisation(self) -> Normalisation | None:
        """What `fit(normalize=..., normalize_targets=..., missing=...)` has learnt; or None.

        It is applied wherever rows go through the network, and goes with it into files, copies and
        pickles.
        """
        return normalisation_of(self._core)
