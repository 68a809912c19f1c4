"""What a fit reports."""

import copy
import json
import pickle

import pytest

import filbert as fb


@pytest.fixture
def history():
    return fb.History({"loss": [2.0, 1.0], "accuracy": [0.25, 0.75]})


def test_is_a_dict(history):
    assert isinstance(history, dict)
    assert list(history) == ["loss", "accuracy"]
    assert len(history) == 2
    assert history["loss"] == [2.0, 1.0]
    assert "val_loss" not in history
    assert dict(history) == {"loss": [2.0, 1.0], "accuracy": [0.25, 0.75]}
    assert history == {"loss": [2.0, 1.0], "accuracy": [0.25, 0.75]}
    assert history.epochs == 2
    with pytest.raises(KeyError, match="val_loss"):
        history["val_loss"]


def test_append(history):
    history.append({"loss": 0.5, "accuracy": 1.0})
    assert history["loss"] == [2.0, 1.0, 0.5]
    assert history.epochs == 3


def test_repr(history):
    assert repr(history) == "History(2 epochs: loss 1, accuracy 0.75)"
    assert repr(fb.History({"loss": [1 / 3]})) == "History(1 epoch: loss 0.3333)"
    assert repr(fb.History()) == "History(no epochs)"


COPIES = {
    "History": fb.History,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "method": lambda h: h.copy(),
    **{
        f"pickle {protocol}": lambda h, protocol=protocol: pickle.loads(pickle.dumps(h, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_independent(history, name):
    other = COPIES[name](history)
    assert other == history
    assert list(other) == list(history)
    assert isinstance(other, fb.History)
    other.append({"loss": 0.0, "accuracy": 0.0})
    assert history.epochs == 2


def test_pandas_takes_it(net, X, y):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    history = net.fit(X, y, epochs=3, validation_data=(X, y))
    frame = pandas.DataFrame(history)
    assert frame.columns.tolist() == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert frame.shape == (3, 4)
    assert frame["val_loss"].tolist() == history["val_loss"]


def test_json_takes_it(history):
    assert json.dumps(history) == '{"loss": [2.0, 1.0], "accuracy": [0.25, 0.75]}'


def test_numbers_are_python_floats(net, X, y):
    history = net.fit(X, y, validation_data=(X, y))
    assert {type(number) for numbers in history.values() for number in numbers} == {float}
