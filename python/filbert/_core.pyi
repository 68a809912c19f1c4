# The compiled core. Private: the package's own modules check and convert what reaches it.
import os
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, final, overload, type_check_only

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T", np.float32, np.float64)

__version__: str
most_count: int  # the most that an option which is a count may be

class BusyError(RuntimeError): ...

# args: epoch, step, cost, layer, column or None, largest |x| of that, the epoch that was kept.
class Diverged(ArithmeticError): ...

@type_check_only
class _Forward(Generic[_T]):
    # X, z, a: C-contiguous, or padded rows, float arrays that live as long as this object
    # and keep it alive. l as in the textbooks.
    @property
    def X(self) -> NDArray[_T]: ...
    def z(self, l: int) -> NDArray[_T]: ...  # 1..L
    def a(self, l: int) -> NDArray[_T]: ...  # 1..L
    # The flat gradient, and the derivative of the input.
    def backward(self, derivative: NDArray[_T], of_z: bool) -> tuple[NDArray[_T], NDArray[_T]]: ...

@final
class Forward32(_Forward[np.float32]): ...

@final
class Forward64(_Forward[np.float64]): ...

@type_check_only
class _Network(Generic[_T]):
    epoch: int
    # Labels that stand for the outputs, in their order; read-only. Set: BusyError while it trains.
    @property
    def classes(self) -> NDArray[Any] | None: ...
    @classes.setter
    def classes(self, labels: list[str] | list[int]) -> None: ...
    @property
    def feature_names(self) -> list[str] | None: ...  # of the inputs
    @feature_names.setter
    def feature_names(self, names: list[str]) -> None: ...
    # Of the table: the name of each column, its values (none: numbers), whether it had gaps.
    @property
    def columns(self) -> list[tuple[str, list[str], bool]] | None: ...
    @property
    def target_name(self) -> str | None: ...
    def set_columns(
        self, columns: Sequence[tuple[str, list[str], bool]], target_name: str
    ) -> None: ...
    def __init__(
        self,
        sizes: list[int],
        activations: list[str],
        output: str,
        seed: int,
        classes: list[str] | list[int],
        inits: list[str],  # of the weights and biases of layers 1..L
        bias_inits: list[str],
    ) -> None: ...
    @property
    def sizes(self) -> list[int]: ...
    @property
    def activations(self) -> list[str]: ...  # of all layers, the output's last
    @property
    def fills(self) -> bool: ...  # whether X may have NaN, for which the network has fills
    @property
    def seed(self) -> int: ...
    @property
    def parameters(self) -> NDArray[_T]: ...  # writable view
    def w(self, l: int) -> NDArray[_T]: ...  # (n_out, n_in), writable view
    def b(self, l: int) -> NDArray[_T]: ...  # (n_out,), writable view
    # Copies of w(l) and b(l) of every layer, C-contiguous, of one moment.
    def copies(self) -> list[tuple[NDArray[_T], NDArray[_T]]]: ...
    # None if X is not ready: an aligned C-contiguous ndarray of the right dtype and width, finite.
    def predict(self, X: object) -> NDArray[_T] | None: ...
    def predict_finite(self, X: object) -> NDArray[_T] | None: ...  # numbers known to be finite
    # With what they leave open filled in, but for batch_size. ValueError, naming the option, if one
    # is out of its range.
    def complete(self, options: FitOptions) -> FitOptions: ...
    # X: (n, n_in) numbers in native byte order, in any layout. y: int32 (n,) labels, or float (n,
    # n_out). weights: (n,). chosen: the rows of X that y and weights are of; None: all. unseen: X
    # may have numbers that are not finite, of which the first one ends the fit with a ValueError.
    # source: what X, y and weights come from instead, with the number of its batches in an epoch,
    # or 0 if nobody knows that.
    # mapped: X lies in a file that is mapped shared, and its pages may be taken out of memory. file:
    # a descriptor of it and the position of X in it, so that rows are read from there instead.
    # on_epoch: number, loss, accuracy, the position
    # once the epoch has been reported, whether it is the last one, and the mean penalty of alpha. position: where to start; afterwards where it stands. False if on_epoch returned False. Raises what a signal handler raises.
    # classes, feature_names: to learn, unless it ends before the first step; None: as they are.
    # on_start: when all has been checked, before the first step. val_loss: the cost of validation
    # data, asked for after each epoch, before on_epoch.
    # own_cost: in the place of the loss; called with the memory of a, y, C and dC_da of a batch,
    # row by row without gaps, of which it reads the first two and fills the others.
    # order: called before each epoch with the number of those that are done and the memory of uint64
    # (n,), in which it puts the rows of the epoch in their order. threads: at most so many; 0: as
    # get_threads() says.
    # scheduled: whether schedules follow the time of this fit. max_seconds: the fit ends then, as if
    # on_epoch had returned False.
    # normalize: the kind to learn, as fill and normalize_targets do where the network has none yet.
    # publish: a snapshot is published after so many steps each; 0: never.
    def fit(
        self,
        X: NDArray[Any] | None,
        y: NDArray[Any] | None,
        optimizer: Optimizer,
        options: FitOptions,
        position: FitPosition,
        on_epoch: Callable[[int, float, float | None, FitPosition, bool, float], object] | None,
        *,
        classes: list[str] | list[int] | None = None,
        feature_names: list[str] | None = None,
        on_start: Callable[[], object] | None = None,
        val_loss: Callable[[], float] | None = None,
        own_cost: Callable[[memoryview, memoryview, memoryview, memoryview], object] | None = None,
        weights: NDArray[_T] | None = None,
        chosen: NDArray[np.uint64] | None = None,
        unseen: bool = False,
        normalize: str = "none",
        fill: bool = False,
        normalize_targets: bool = False,
        mapped: bool = False,
        file: tuple[int, int] | None = None,
        source: Batches | None = None,
        count: int = 0,
        order: Callable[[int, memoryview], object] | None = None,
        threads: int = 0,
        scheduled: bool = True,
        max_seconds: float = ...,
        publish: int = 0,
    ) -> bool: ...
    # What others may use while fit runs: the latest one that it has published, else a copy.
    def snapshot(self) -> Network32 | Network64: ...
    # Also allowed from inside on_epoch of this network's own fit. a: an array (n, n_out) that is
    # filled with the outputs.
    def evaluate(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        loss: str | None,
        own_cost: Callable[[memoryview, memoryview, memoryview, memoryview], object] | None = None,
        weights: NDArray[_T] | None = None,
        chosen: NDArray[np.uint64] | None = None,
        unseen: bool = False,
        mapped: bool = False,
        file: tuple[int, int] | None = None,
        a: NDArray[_T] | None = None,
    ) -> tuple[float, float | None]: ...

# The dicts that it takes and gives, one for each member, are described in src/bind_fit_many.cpp.
def fit_many(
    members: list[dict[str, Any]], threads: int, keep: float, every: int
) -> list[dict[str, Any]]: ...

# Where the batches of a fit come from.
@type_check_only
class Batches(Protocol):
    def begin_epoch(self, done: int) -> int: ...  # rows of the batches that are done
    # (X, y, weights), as fit takes them; None at the end of the epoch; False if it has failed.
    def next(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None] | bool | None: ...
    def raise_failure(self) -> None: ...  # called when the step before is done

@final
class Network32(_Network[np.float32]): ...

@final
class Network64(_Network[np.float64]): ...

@overload
def forward(network: Network32, X: NDArray[np.float32]) -> Forward32: ...
@overload
def forward(network: Network64, X: NDArray[np.float64]) -> Forward64: ...

@final
class Schedule:
    # The options that are not given have the defaults of the schedule. Those that are to be given
    # have defaults out of their range.
    def __init__(self, name: str, **options: float | str | tuple[float, ...]) -> None: ...
    @property
    def name(self) -> str: ...  # one of schedule_names()
    @property
    def options(self) -> dict[str, float | str | tuple[float, ...]]: ...
    @staticmethod
    def defaults(name: str) -> dict[str, float | str | tuple[float, ...]]: ...
    def __eq__(self, other: object) -> bool: ...
    def at(self, epoch: float, epochs: float) -> float: ...

@final
class Optimizer:
    learning_rate: float | Schedule  # a constant one is a number
    # The options that are not given have the defaults of the rule.
    def __init__(self, rule: str, **options: float | bool | Schedule) -> None: ...
    @property
    def steps(self) -> int: ...
    @property
    def evaluations(self) -> int: ...  # of the cost, by rules with a loop of their own
    def default_batch_size(self, rows: int) -> int: ...
    def step(self, network: Any, gradient: NDArray[Any]) -> None: ...
    @property
    def rule(self) -> str: ...  # one of rule_names()
    @property
    def options(self) -> dict[str, float | bool | Schedule]: ...
    def to_bytes(self) -> bytes: ...
    # filbert.FormatError for what to_bytes has not made.
    @staticmethod
    def from_bytes(bytes: bytes) -> Optimizer: ...

# The file is replaced whole, or stays as it was.
def save(network: Any, path: str | os.PathLike[str]) -> None: ...

# filbert.FormatError for a file that is none of ours.
# A network, or a list of those of an ensemble.
def load(
    path: str | os.PathLike[str], mmap: bool
) -> Network32 | Network64 | list[Network32 | Network64]: ...
def save_ensemble(networks: list[Any], path: str | os.PathLike[str]) -> None: ...
def ensemble_to_bytes(networks: list[Any]) -> bytes: ...
def ensemble_from_bytes(bytes: bytes) -> list[Network32 | Network64]: ...
def to_bytes(network: Any) -> bytes: ...
def from_bytes(bytes: bytes) -> Network32 | Network64: ...

# As filbert.save writes: what is there stays until commit, and for ever where that is never called.
@final
class FileReplacement:
    def __init__(self, path: str | os.PathLike[str]) -> None: ...
    def write(self, bytes: bytes) -> None: ...
    def overwrite(self, bytes: bytes) -> None: ...  # the first ones
    def commit(self) -> None: ...
    def discard(self) -> None: ...  # nothing after commit

# What a fit is asked for: the options of the table in C++ (fit_options.hpp), which alone lists them,
# with its defaults. Each is an attribute that cannot be set.
@final
class FitOptions:
    def __init__(self, **options: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    # Names of the options that keep a fit with one from going on with the other.
    def differences(self, other: FitOptions) -> list[str]: ...

# Epochs done and reported, and batches of the next one; the sums so far travel with them.
@final
class FitPosition:
    @property
    def epoch(self) -> int: ...
    @property
    def batch(self) -> int: ...
    def __init__(self) -> None: ...

# What a fit that stops early remembers: epochs that have been counted, the best one (0: none) with
# its number, and epochs since it has got better.
@final
class BestEpoch:
    def __init__(self) -> None: ...
    @property
    def seen(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def bad(self) -> int: ...
    # Counts an epoch, unless it has been counted, and keeps the parameters of the best one.
    # last: whether one that equals the best takes its place.
    def count(
        self,
        network: Any,
        epoch: int,
        value: float,
        maximize: bool,
        min_delta: float,
        last: bool,
    ) -> None: ...
    def put_back(self, network: Any) -> None: ...

@type_check_only
class _Trainer:
    def __init__(self, network: Any, optimizer: Optimizer, loss: str) -> None: ...
    # C_0 before the step; None, and no step, if x or y has to be converted first or is wrong.
    def step(self, x: object, y: object) -> float | None: ...
    # X: (1, n_in); y: as in evaluate.
    def step_checked(self, X: NDArray[Any], y: NDArray[Any]) -> float: ...

@final
class Trainer32(_Trainer): ...

@final
class Trainer64(_Trainer): ...

def metric_names() -> list[str]: ...

# Whether a higher number is better. ValueError if it is none, or none of such a network.
def checked_metric(name: str, outputs: int, output: str, loss: str | None) -> bool: ...
def higher_is_better(name: str) -> bool: ...

# y: as in evaluate; weights: (n,) of the dtype of a.
def measure(
    names: list[str],
    a: NDArray[Any],
    y: NDArray[Any],
    output: str,
    loss: str | None,
    weights: NDArray[Any] | None = None,
) -> list[float]: ...

# The mean cost of the best constant prediction; None where that is not the mean of y.
def constant_cost(
    network: Any, y: NDArray[Any], loss: str, weights: NDArray[Any] | None = None
) -> float | None: ...
def is_finite(network: Any) -> bool: ...  # all parameters are

# What a fit was asked for, and where a loaded one stands.
@final
class Training:
    def __init__(self, *, options: FitOptions, rows: int) -> None: ...
    @property
    def options(self) -> FitOptions: ...
    @property
    def position(self) -> FitPosition: ...
    @property
    def rows(self) -> int: ...
    best: BestEpoch | None

def save_checkpoint(
    network: Any,
    optimizer: Optimizer,
    training: Training,
    path: str | os.PathLike[str],
    history: dict[str, list[float]],  # numbers beyond position.epoch epochs are left out
    position: FitPosition,
) -> None: ...
def load_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[Network32 | Network64, Optimizer, Training, dict[str, list[float]]]: ...

# Everything of another network of the same layers but its views; state of another optimizer.
def adopt(network: Any, other: Any) -> None: ...

# Tensors by name and the texts of any safetensors file: F16, BF16 (widened), F32, F64.
def read_safetensors(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]: ...
def read_safetensors_metadata(path: str | os.PathLike[str]) -> dict[str, str]: ...
def activation_names() -> list[str]: ...

# hidden, elementwise, classifies, probabilities
def activation_traits(name: str) -> dict[str, bool]: ...
def class_count(outputs: int, output: str) -> int: ...  # 0: the outputs tell no classes apart
def initialiser_names() -> list[str]: ...

# parameter: its name, "" if there is none; initial: its default; least, most: its range;
# allows_biases: whether biases may start so.
def initialiser_traits(name: str) -> dict[str, Any]: ...
def loss_names() -> list[str]: ...

# of_distributions, nonnegative, of_signs, fuses. name: or the text of a loss with parameters.
def loss_traits(name: str) -> dict[str, bool]: ...

# The loss as the core writes it. ValueError if it is none, or a parameter is out of range.
def loss_text(loss: str) -> str: ...

# How many columns y has. ValueError if the loss does not go with so many outputs.
def target_columns(loss: str, outputs: int) -> int: ...
def rule_names() -> list[str]: ...
def schedulable_options(rule: str) -> list[str]: ...  # those that may be a Schedule
def schedule_names() -> list[str]: ...
def default_loss(output: str) -> str: ...

# ValueError unless a network can have these labels and names of features; none: an empty list.
def require_names(
    inputs: int,
    outputs: int,
    output: str,
    classes: list[str] | list[int],
    feature_names: list[str],
) -> None: ...

# The loss as text, its parameter included. ValueError if it cannot follow this output.
def checked_loss(loss: str, output: str) -> str: ...

# What propagation computes for each row by itself. Lists of arrays (rows, n): "a", "z", "dz" and
# "slope" of layers 1..L (no numbers in the slope of a softmax), "da" of layers 0..L; "cost" (rows, 1)
# and "gradient" (rows, parameters). y: as in evaluate.
def trace(
    network: Network32 | Network64, X: NDArray[Any], y: NDArray[Any], loss: str
) -> dict[str, Any]: ...
def set_threads(n: int) -> None: ...  # 0: automatic
def get_threads() -> int: ...
def isa() -> str: ...
def isas() -> list[str]: ...
def set_isa(name: str) -> None: ...
def build_info() -> dict[str, str]: ...

# Flat index of the first element that is not finite, or -1. X: C-contiguous.
def first_nonfinite(X: NDArray[Any]) -> int: ...

# The same for (n, k) numbers of any type and layout, once they have been converted.
# nan: whether NaN counts as finite.
def first_unfit(X: NDArray[Any], to: str, nan: bool = False) -> int: ...

# The members of the network's normalisation by name, read-only vectors or None and the name of its
# kind; None if it has none.
def normalisation(network: Any) -> dict[str, Any] | None: ...

# Rows of X as the first layer takes them, and of y as the cost does: the array itself if it is taken
# as it is.
def normalised(network: Any, X: NDArray[_T]) -> NDArray[_T]: ...
def normalised_targets(network: Any, y: NDArray[Any]) -> NDArray[Any]: ...

# Rows at positions start .. stop - 1 of an epoch's order over n rows.
def epoch_order(n: int, seed: int, epoch: int, start: int, stop: int) -> NDArray[np.int64]: ...
