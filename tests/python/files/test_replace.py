"""How a file is replaced: its mode, links, temporary files, and who may save meanwhile."""

import os
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest

import filbert as fb
from filbert import _core


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def same(path, net):
    return path.read_bytes() == _core.to_bytes(net._core)


posix = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666])
def test_the_old_mode_is_kept(path, net, mode):
    net.save(path)
    path.chmod(mode)
    net.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


OWNER, GROUP, OTHER_GROUP = 51234, 52345, 53456  # nobody's, most likely


def rights(path):
    """Owner, group and mode."""
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def give_away(path, owner, group):
    try:
        os.chown(path, owner, group)
    except (AttributeError, OSError):
        pytest.skip("only root may give a file away, and not in every container")


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_root_keeps_owner_and_group(path, net, mode):
    net.save(path)
    path.chmod(mode)
    give_away(path, OWNER, GROUP)
    net.save(path)
    assert rights(path) == (OWNER, GROUP, mode)
    assert same(path, net)


@posix
@pytest.mark.parametrize(
    ("owner", "group", "mode", "kept"),
    [
        pytest.param(OWNER, OTHER_GROUP, 0o660, (OTHER_GROUP, 0o660), id="own-file"),
        pytest.param(0, OTHER_GROUP, 0o664, (OTHER_GROUP, 0o664), id="file-of-the-group"),
        # The saver's group was among the others and has their rights; the old one now is, and gets
        # no more than it had.
        pytest.param(OWNER, 0, 0o640, (GROUP, 0o600), id="foreign-group"),
        pytest.param(OWNER, 0, 0o664, (GROUP, 0o644), id="foreign-group-all-may-read"),
        pytest.param(OWNER, 0, 0o604, (GROUP, 0o640), id="foreign-group-others-may-read"),
    ],
)
def test_others_keep_the_group_where_they_may(path, net, owner, group, mode, kept):
    net.save(path)
    path.chmod(mode)
    give_away(path, owner, group)
    give_away(path.parent, OWNER, GROUP)
    program = f"""
import os, filbert
os.setgroups([{OTHER_GROUP}])
os.setgid({GROUP})
os.setuid({OWNER})
filbert.Network([1, 1]).save("{path.name}")  # the folder is the current one
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=path.parent)
    assert rights(path) == (OWNER, *kept)
    assert fb.load(path).sizes == [1, 1]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_default_mode(path, net, umask):
    before = os.umask(umask)
    try:
        net.save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@posix
def test_links_are_followed(tmp_path, net):
    (tmp_path / "real").mkdir()
    target, link, second = (
        tmp_path / "real" / "net",
        tmp_path / "link",
        tmp_path / "real" / "second",
    )
    second.symlink_to("net")
    link.symlink_to("real/second")  # a chain, of relative ones
    net.save(link)  # the target need not exist
    assert link.is_symlink()
    assert second.is_symlink()
    assert not target.is_symlink()
    assert same(target, net)
    second.unlink()
    second.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        net.save(link)
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]  # no temporary file is left


@posix
def test_temporary_files(path, net, tmp_path):
    """Those of dead writers go, whatever else is in the folder stays."""
    import fcntl

    net.save(path)
    others = [".filbert-notes.tmp", f".filbert-{'0' * 16}-{'1' * 16}.tmp", "net.tmp"]
    for name in others:
        (tmp_path / name).write_text("mine")
    prefix = ".filbert-f35afc7fb010b862-"  # of everything that is called net.safetensors
    dead, alive = tmp_path / f"{prefix}{'a' * 16}.tmp", tmp_path / f"{prefix}{'b' * 16}.tmp"
    dead.write_text("half a")
    alive.write_text("half a")
    with alive.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as a writer does while it lives
        net.save(path)
        assert sorted(os.listdir(tmp_path)) == sorted([*others, path.name, alive.name])
    net.save(path)
    assert sorted(os.listdir(tmp_path)) == sorted([*others, path.name])


@posix
def test_a_read_only_file_is_not_replaced(path, net):
    net.save(path)
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write to everything")
    before = path.read_bytes()
    with pytest.raises(PermissionError):
        fb.Network([1, 1]).save(path)
    assert path.read_bytes() == before


def test_saving_during_a_fit(path, net, X):
    """Another thread is refused; a callback of the fit is not."""
    errors = []

    def save():
        try:
            net.save(path)
        except fb.BusyError as error:
            errors.append(str(error))

    def on_epoch(*_):
        thread = threading.Thread(target=save)
        thread.start()
        thread.join()
        assert not path.exists()
        net.save(path)

    y = np.zeros(len(X), np.int32)
    options = _core.FitOptions(batch_size=4)
    net._core.fit(X, y, fb.SGD()._core, options, _core.FitPosition(), on_epoch)
    assert errors == [
        "network: expected one that is not in use, got one that another call is using"
    ]
    assert same(path, net)
