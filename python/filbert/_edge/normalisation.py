"""What a network does to inputs and targets: what users ask for, and what they see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert import _core
from filbert._edge import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64

KINDS = ("standard", "robust", "quantile")


class Normalisation(NamedTuple):
    """What a network has learnt of its inputs and targets, as read-only arrays of float64.

    `Network.normalisation` gives it. With x a number of a column j of X, of which a NaN has become
    `fill[j]`, the first layer takes (x - centre[j]) * factor[j] of it; "robust" then takes
    r / sqrt(1 + (r / 3)^2) of that r. Under "quantile" it takes the quantile of the standard normal
    distribution at the place of x among `quantiles[j]`.

    Attributes
    ----------
    kind
        "standard", "robust", "quantile", or None where X is not normalised.
    centre, factor
        (n_in,): of "standard" the means, and 1 over the standard deviations; of "robust" the
        medians, and 1 over the distances of the quartiles. Else None.
    fill
        (n_in,): what stands in for a NaN; None: a NaN is an error.
    quantiles
        (n_in, q): of "quantile", q of them for each column, ascending, at equal distances of
        probability from 0 to 1; q is the number of rows, at most 1000. Else None.
    target_centre, target_scale
        (n_out,): the network is trained on (y - target_centre) / target_scale, and `predict`
        returns a * target_scale + target_centre. Else None.
    """

    kind: str | None
    centre: NDArray[np.float64] | None
    factor: NDArray[np.float64] | None
    fill: NDArray[np.float64] | None
    quantiles: NDArray[np.float64] | None
    target_centre: NDArray[np.float64] | None
    target_scale: NDArray[np.float64] | None

    @property
    def scale(self) -> NDArray[np.float64] | None:
        """1 / factor, (n_in,): the standard deviations, or the distances of the quartiles.

        Of a constant column it is 1 under "standard", and infinite under "robust".
        """
        if self.factor is None:
            return None
        with np.errstate(divide="ignore"):
            scale: NDArray[np.float64] = 1.0 / self.factor
        return scale


Normalisation.__module__ = "filbert"


def normalisation_of(core: Network32 | Network64) -> Normalisation | None:
    """What a network has; None if it takes inputs and targets as they are."""
    members: dict[str, Any] | None = _core.normalisation(core)
    if members is None:
        return None
    if members["kind"] == "none":
        members["kind"] = None
    if members["quantiles"] is not None:
        members["quantiles"] = members["quantiles"].reshape(core.sizes[0], -1)
    return Normalisation(**members)


class Asked(NamedTuple):
    """What a fit is to learn, as the core takes it."""

    kind: str  # "none" or one of KINDS
    fill: bool
    targets: bool

    @classmethod
    def checked(
        cls,
        core: Network32 | Network64,
        normalize: object,
        normalize_targets: object,
        missing: object,
    ) -> Asked:
        """TypeError or ValueError for what a network cannot learn, or has learnt otherwise."""
        known = normalisation_of(core)
        kind = "none"
        if isinstance(normalize, (bool, np.bool_)):
            if normalize:
                kind = (known and known.kind) or "standard"
        else:
            kind = _kind(normalize)
            if known is not None and known.kind not in (None, kind):
                raise ValueError(
                    f"normalize: expected {known.kind!r}, which the network has learnt, got "
                    f"{kind!r}"
                )
        if missing is not None and (not isinstance(missing, str) or missing != "mean"):
            error = ValueError if isinstance(missing, str) else TypeError
            raise error(f"missing: expected None or 'mean', got {checks.shown(missing)}")
        targets = checks.flag("normalize_targets", normalize_targets)
        if targets and core.activations[-1] != "identity":
            raise ValueError(
                "normalize_targets: expected an identity output, got "
                f"{checks.shown(core.activations[-1])}"
            )
        return cls(kind, missing is not None, targets)

    def require_learnt(self, core: Network32 | Network64) -> None:
        """ValueError unless the network has all of it: nothing can be learnt from batches."""
        known = normalisation_of(core)
        asked = {
            "normalize": (self.kind, known is not None and known.kind is not None),
            "missing": ("mean", core.fills) if self.fill else ("none", True),
            "normalize_targets": (
                self.targets,
                known is not None and known.target_scale is not None,
            ),
        }
        for name, (value, has) in asked.items():
            if value not in (False, "none") and not has:
                raise ValueError(
                    f"{name}: expected a network that has learnt it in an earlier fit, as X yields "
                    f"batches, got {checks.shown(value)}"
                )

    def takes_nan(self, core: Network32 | Network64) -> bool:
        """Whether X may have NaN in it."""
        return self.fill or fills(core)


def _kind(normalize: object) -> str:
    expected = f"True, False, {checks.listed([repr(kind) for kind in KINDS])}"
    if not isinstance(normalize, str):
        raise TypeError(f"normalize: expected {expected}, got {checks.shown(normalize)}")
    if normalize not in KINDS:
        raise ValueError(f"normalize: expected {expected}, got {checks.shown(normalize)}")
    return str(normalize)


def fills(core: Network32 | Network64) -> bool:
    """Whether a network has something to stand in for a NaN in X."""
    return core.fills
