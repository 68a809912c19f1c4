"""Tests that compare with other libraries are left out where these are not installed, and no other ones."""

from pathlib import Path

from peer_libraries import left_out

TESTS = Path(__file__).parents[1]


def names(*missing):
    found = left_out(TESTS, lambda name: name not in missing)
    return {path.name: peer for path, peer in found.items()}


def test_nothing_is_left_out_where_all_is_there():
    assert names() == {}


def test_direct_imports_and_those_of_helpers():
    assert names("mpmath") == dict.fromkeys(
        ["test_normalisation_operations.py", "test_numerics_page.py"], "mpmath"
    )
    found = names("sklearn", "safetensors")
    assert found["test_parity.py"] == found["test_from_sklearn.py"] == "sklearn"
    assert found["test_save.py"] == "safetensors"
    assert "test_network.py" not in found
