"""Several networks that predict together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from filbert import _core
from filbert._edge import checks, predict, spread, values
from filbert.network import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from filbert.losses import Loss, OwnLoss

__all__ = ["Ensemble"]


class Ensemble:
    """Networks that predict together: the mean of their outputs, and how far they are apart.

    Networks that differ in nothing but their seeds, or in the rows that they were trained on,
    disagree where the data do not tell what the answer is.

    Parameters
    ----------
    networks : sequence of Network
        One at least, of one dtype, with equal numbers of inputs and outputs, output activations,
        classes and feature names. Their hidden layers may differ. They are used as they are, and
        not copied.

    Attributes
    ----------
    networks : list of Network

    Raises
    ------
    TypeError, ValueError
        If they are not of these; the first one that differs is named.
    """

    __module__ = "filbert"

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks: list[Network] = _as_networks(networks)
        for i, each in enumerate(self.networks):
            _require_alike(i, each, self.networks[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.networks[0].dtype

    @property
    def classes(self) -> NDArray[Any] | None:
        """The labels of the outputs, or None."""
        return self.networks[0].classes

    @property
    def feature_names(self) -> list[str] | None:
        """What the columns of X are called, or None."""
        return self.networks[0].feature_names

    @overload
    def predict(self, X: ArrayLike) -> NDArray[Any]: ...
    @overload
    def predict(self, X: ArrayLike, *, spread: Literal[False]) -> NDArray[Any]: ...
    @overload
    def predict(
        self, X: ArrayLike, *, spread: Literal[True]
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

    def predict(
        self, X: ArrayLike, *, spread: bool = False
    ) -> NDArray[Any] | tuple[NDArray[Any], NDArray[Any]]:
        """The mean of what the networks predict; with spread=True also their standard deviation.

        Parameters
        ----------
        X
            As for `Network.predict`.
        spread
            Whether to return (mean, standard deviation).

        Returns
        -------
        array, or a tuple of two
            (n, n_out), or (n_out,) for one row, of the dtype of the networks. The standard deviation
            is that over the networks, its squares divided by their number.

        Raises
        ------
        TypeError, ValueError, BusyError
            As by `Network.predict`.
        """
        return self.spread(X) if checks.flag("spread", spread) else self._mean(X)

    __call__ = predict

    def spread(self, X: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """(mean, standard deviation) of what the networks predict, as predict(X, spread=True)."""
        mean, deviation = spread.mean_and_spread(self._cores, X, spread=True)
        assert deviation is not None
        return mean, deviation

    def predict_classes(self, X: ArrayLike) -> Any:
        """The class of each row by the mean of the outputs; as `Network.predict_classes`."""
        core = self._cores[0]
        predict.require_classes(core)
        return predict.classes_of(core, self._mean(X))

    def evaluate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        loss: str | Loss | OwnLoss | None = None,
        metrics: Sequence[str | Callable[..., float]] = (),
    ) -> dict[str, float]:
        """The mean cost of the mean prediction, and metrics, as `Network.evaluate` has them.

        Where networks have normalised their targets, the cost is in the units of y. An output of 0
        counts as 2^-1074 in a loss that takes its logarithm.
        """
        from filbert._many.readout import measure

        a = self._mean(X)
        if a.ndim == 1:
            raise ValueError(f"X: expected 2 dimensions, got one row of {a.shape[0]} outputs")
        return measure(self._cores[0], a, y, sample_weight, loss, metrics)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all networks to one file, for `filbert.load`.

        Raises
        ------
        OSError
            If it cannot be written. The old file is there as it was.
        ValueError
            For more than 1000 networks, or 2048 arrays of weights and biases.
        BusyError
            If one of the networks is being trained.
        """
        _core.save_ensemble(self._cores, checks.path("path", path))

    def __len__(self) -> int:
        return len(self.networks)

    def __iter__(self) -> Iterator[Network]:
        return iter(self.networks)

    def __repr__(self) -> str:
        count = "1 network" if len(self) == 1 else f"{len(self)} networks"
        return f"Ensemble({count}: {self.networks[0]!r}{', ...' if len(self) > 1 else ''})"

    @property
    def _cores(self) -> list[Any]:
        return [network._core for network in self.networks]

    def _mean(self, X: ArrayLike) -> NDArray[Any]:
        return spread.mean_and_spread(self._cores, X, spread=False)[0]

    @classmethod
    def _from_cores(cls, cores: Sequence[Any]) -> Self:
        return cls([Network._from_core(core) for core in cores])

    # Copies and pickles are independent ensembles. They go through the bytes of a file.
    def __getstate__(self) -> dict[str, Any]:
        return {"file": _core.ensemble_to_bytes(self._cores)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        cores = _core.ensemble_from_bytes(state["file"])
        self.networks = [Network._from_core(core) for core in cores]


def _as_networks(networks: object) -> list[Network]:
    """TypeError or ValueError unless it is a list of networks that is not empty."""
    if not isinstance(networks, Sequence) or isinstance(networks, (str, bytes)):
        raise TypeError(f"networks: expected a list of networks, got {checks.shown(networks)}")
    if len(networks) == 0:
        raise ValueError("networks: expected at least one, got an empty list")
    for i, each in enumerate(networks):
        if not isinstance(each, Network):
            raise TypeError(f"networks[{i}]: expected a Network, got {checks.shown(each)}")
    return list(networks)


def _require_alike(i: int, net: Network, first: Network) -> None:
    """ValueError unless networks[i] can be in an ensemble with the first one."""

    def require_same(what: str, expected: object, got: object) -> None:
        if expected != got:
            raise ValueError(
                f"networks[{i}]: expected {what} {expected!r}, as networks[0], got {got!r}"
            )

    require_same("dtype", first.dtype.name, net.dtype.name)
    require_same("inputs", first.sizes[0], net.sizes[0])
    require_same("outputs", first.sizes[-1], net.sizes[-1])
    outputs = (values.value_of(of._core.activations[-1]) for of in (first, net))
    require_same("output", *outputs)
    classes = (None if of.classes is None else of.classes.tolist() for of in (first, net))
    require_same("classes", *classes)
    require_same("feature_names", first.feature_names, net.feature_names)
