"""The parts of the docstrings that both estimators share."""

from __future__ import annotations

import textwrap
from typing import TypeVar

_Class = TypeVar("_Class", bound=type)

SHARED = """\
hidden_layer_sizes : int or sequence of int, default=(100,)
    Neurons of each hidden layer.
activation : str, filbert.activations.Activation, or one for each hidden layer, default="relu"
    "identity", "logistic", "tanh", "relu", or any that `filbert.Network` has.
solver : {"lbfgs", "sgd", "adam"}, default="adam"
    "lbfgs" takes all rows at once, as SciPy's L-BFGS-B; the others take minibatches.
alpha : float, default=0.0001
    The penalty alpha / 2 sum w^2 of the weights, divided by the summed weight of the rows of a
    batch.
batch_size : int, default="auto"
    Rows of a minibatch; "auto" is min(200, n).
learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
    Of solver="sgd": "invscaling" is learning_rate_init / (t + 1)^power_t from the second epoch on,
    t being the rows seen so far; "adaptive" is divided by 5 when n_iter_no_change epochs have
    brought no more than tol, and training ends when it is at most 1e-6.
learning_rate_init : float, default=0.001
    The learning rate of "sgd" and "adam".
power_t : float, default=0.5
    See learning_rate.
max_iter : int, default=200
    Epochs at most; iterations of "lbfgs".
shuffle : bool, default=True
    Whether each epoch takes the rows in an order of its own.
random_state : int, RandomState or None, default=None
    What initial weights, the split of early_stopping and the orders are drawn from, as scikit-learn
    draws them.
tol : float, default=1e-4
    By how much an epoch has to be better than the best one. With "lbfgs" the largest derivative at
    which training ends.
verbose : bool, default=False
    Whether each epoch is printed.
warm_start : bool, default=False
    Whether `fit` goes on from the weights of the last one.
momentum : float, default=0.9
    Of "sgd", in [0, 1].
nesterovs_momentum : bool, default=True
    Of "sgd".
early_stopping : bool, default=False
    Whether a part of the data is set aside, whose score decides when training ends; the weights of
    its best epoch are then put back.
validation_fraction : float, default=0.1
    That part.
beta_1, beta_2 : float, default=0.9, 0.999
    Of "adam", in [0, 1).
epsilon : float, default=1e-8
    Of "adam".
n_iter_no_change : int, default=10
    So many epochs in a row may bring no more than tol.
max_fun : int, default=15000
    How often "lbfgs" evaluates the loss at most."""

OWN = """\
optimizer : filbert optimizer or None, default=None
    In the place of solver, learning_rate and the parameters of these: such as
    `filbert.AdamW(filbert.schedules.Cosine(3e-3), weight_decay=0.01)`. Each fit takes a copy.
dropout : float or one for each hidden layer, default=0
    See `filbert.Network.fit`; its random numbers come from a key that is always the same.
clip_norm : float or None, default=None
    See `filbert.Network.fit`.
normalize : bool, "standard", "robust" or "quantile", default=False
    Whether the first fit learns how the columns of X are brought to one scale, which the network then
    does itself: see `filbert.Network.fit`. Not for a sparse X."""

LAST = """\
missing : "mean" or None, default=None
    "mean": NaN in X is the mean of its column in the first fit, from then on. None: it is an error.
    Not for a sparse X.
callbacks : list or None, default=None
    Callbacks of filbert, or functions of the state, called after each epoch: see
    `filbert.Network.fit`.
n_threads : int or None, default=None
    Threads at most; None: as many as `filbert.set_threads` says, and one in a thread of joblib's."""

ATTRIBUTES = """\
net_ : filbert.Network
    The network, of the dtype of X. It knows labels and names of features.
coefs_, intercepts_ : list of arrays (n_in, n_out) and (n_out,)
    Its weights and biases: views, which may be written to.
loss_ : float
    The loss of the last epoch, the penalty included; of "lbfgs" at its end.
loss_curve_ : list of float
    That of every epoch; not with "lbfgs".
best_loss_, best_validation_score_ : float or None
    The best of `loss_curve_`, or with early_stopping of `validation_scores_`.
validation_scores_, validation_loss_curve_ : list of float or None
    Score and loss of the validation data after each epoch, where there are such data.
n_iter_ : int
    Epochs, or iterations, of the last fit.
t_ : int
    Rows seen so far.
n_layers_, n_outputs_, out_activation_
    Layers, the input counted too, outputs, and their activation.
n_features_in_, feature_names_in_
    The columns of X; the names only of a frame that has them."""

NOTES = """\
From the same random_state the weights are those of scikit-learn but for rounding. A sparse X is made
dense a few batches at a time, whole with solver="lbfgs". docs/from_scikit_learn.md says more."""


def documented(cls: _Class) -> _Class:
    """Put these parts into the docstring of an estimator."""
    text = cls.__doc__ or ""
    for name, part in (
        ("shared", SHARED),
        ("own", OWN),
        ("last", LAST),
        ("attributes", ATTRIBUTES),
        ("notes", NOTES),
    ):
        text = text.replace(f"    {{{name}}}", textwrap.indent(part, "    "))
    cls.__doc__ = text
    return cls
