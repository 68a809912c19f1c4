"""What `filbert` writes: files that are replaced, and outputs of every encoding, or none."""

import io
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from commands import X, failure, process, process_with_pipes, run, write_csv
from problems import labelled

import filbert as fb
from filbert.__main__ import main
from filbert._commands import results


def test_the_output_replaces_a_file_and_keeps_its_mode(saved, folder, capsys):
    (folder / "out.csv").write_text("old")
    (folder / "out.csv").chmod(0o640)
    (folder / "link.csv").symlink_to("out.csv")
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "link.csv")
    assert (folder / "link.csv").is_symlink()
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o640
    assert len((folder / "out.csv").read_text().splitlines()) == 40
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "X.csv")  # its own input
    assert (folder / "X.csv").read_bytes() == (folder / "out.csv").read_bytes()


def test_a_new_file_has_the_usual_mode(saved, folder, capsys):
    (folder / "usual").write_text("")
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "out.npy")
    assert (folder / "out.npy").stat().st_mode == (folder / "usual").stat().st_mode


def test_an_interrupted_run_leaves_nothing(saved, capsys, small_blocks, monkeypatch):
    blocks = []

    def interrupted(self, block):
        blocks.append(block)
        if len(blocks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(results.Npy, "write", interrupted)
    before = sorted(os.listdir())
    assert main(["predict", "net.safetensors", "X.csv", "--out", "out.npy"]) == 130
    assert sorted(os.listdir()) == before
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO, no modes")
def test_only_files_are_replaced(saved, folder, capsys):
    """And only those that may be written to."""
    os.mkfifo("fifo.csv")
    os.symlink("loop.csv", "loop.csv")
    for name, why in [("fifo.csv", "expected a regular file"), ("loop.csv", "Too many levels")]:
        before = sorted(os.listdir())
        assert why in failure(capsys, "predict", "net.safetensors", "X.csv", "--out", name)[1]
        assert os.path.lexists(name)
        assert sorted(os.listdir()) == before


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="the superuser may write to any file",
)
def test_a_read_only_file_is_kept(saved, folder, capsys):
    (folder / "out.csv").write_text("old")
    (folder / "out.csv").chmod(0o444)
    failure(capsys, "predict", "net.safetensors", "X.csv", "--out", "out.csv")
    assert (folder / "out.csv").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE")
def test_a_broken_pipe_is_quiet(saved):
    write_csv("long.csv", np.tile(X, (500, 1)))
    with process_with_pipes(
        "predict", "net.safetensors", "long.csv", stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline().count(",") == 2
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk(saved):
    with (
        open("/dev/full", "w") as full,
        process_with_pipes("predict", "net.safetensors", "X.csv", stdout=full) as child,
    ):
        assert child.stderr.read() == "filbert: No space left on device\n"
        assert child.wait(60) == 2


posix = pytest.mark.skipif(os.name != "posix", reason="signals, modes and shells of POSIX")


@posix
def test_a_killed_run_leaves_nothing_for_long(saved, folder, capsys, small_blocks):
    """Its temporary file goes in the next run with the same output."""
    code = (
        "import os, signal, sys\n"
        "from filbert._commands import results\n"
        "from filbert.__main__ import main\n"
        "results.Npy.write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(sys.argv[1:])\n"
    )
    arguments = ["predict", "net.safetensors", "X.csv", "--out", "out.npy"]
    before = sorted(os.listdir())
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(os.listdir()) == len(before) + 1
    run(capsys, *arguments)
    assert sorted(os.listdir()) == sorted([*before, "out.npy"])


@posix
def test_nobody_reads_what_is_to_be_private(saved, folder, capsys, small_blocks, monkeypatch):
    """The temporary file has the mode of the file that it replaces, from the beginning."""
    (folder / "out.npy").write_bytes(b"")
    (folder / "out.npy").chmod(0o600)
    write, modes = results.Npy.write, []

    def looked_at(self, block):
        modes.extend(path.stat().st_mode & 0o777 for path in folder.glob(".filbert-*"))
        write(self, block)

    monkeypatch.setattr(results.Npy, "write", looked_at)
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "out.npy")
    assert set(modes) == {0o600}
    assert (folder / "out.npy").stat().st_mode & 0o777 == 0o600


LABELS = ["\u00e9t\u00e9", "\u65e5\u672c", "\U0001f600"]
ESCAPED = {  # of these, and of the network's metadata
    "cp1252": ["\u00e9t\u00e9", r"\u65e5\u672c", r"\U0001f600"],
    "ascii": [r"\xe9t\xe9", r"\u65e5\u672c", r"\U0001f600"],
    "utf-8": LABELS,
}


@pytest.fixture
def labels(folder):
    """The network has labels that few encodings hold, and says each of them."""
    net = labelled(fb.load("net.safetensors"), sorted(LABELS))
    net.save("net.safetensors")
    expected = net.predict_classes(X).tolist()
    assert set(expected) == set(LABELS)
    return expected


@pytest.mark.parametrize("encoding", ESCAPED)
def test_a_pipe_is_utf_8(labels, folder, encoding):
    """Byte for byte as the file is, whatever Python would write."""
    done = process("predict", "net.safetensors", "X.csv", "--classes", PYTHONIOENCODING=encoding)
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout.decode("utf-8").split("\n") == [*labels, ""]
    process("predict", "net.safetensors", "X.csv", "--classes", "--out", "out.csv")
    assert done.stdout == (folder / "out.csv").read_bytes()


@pytest.mark.parametrize("encoding", ESCAPED)
def test_info_escapes_what_the_output_does_not_have(labels, encoding):
    done = process("info", "net.safetensors", PYTHONIOENCODING=encoding)
    assert (done.stderr, done.returncode) == (b"", 0)
    (line,) = [line for line in done.stdout.decode(encoding).splitlines() if "classes" in line]
    assert line.split(None, 1)[1] == ", ".join(f"'{label}'" for label in ESCAPED[encoding])


def test_the_locale_c(labels):
    """Where Python does not make UTF-8 of it."""
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("info", "net.safetensors", **locale)
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout.isascii()
    done = process("predict", "net.safetensors", "X.csv", "--classes", **locale)
    assert done.stdout.decode("utf-8").split("\n") == [*labels, ""]
    done = process("predict", "net.safetensors", "\u65e5.csv", **locale)
    assert done.returncode == 2
    assert done.stderr.startswith(b"filbert: ")
    assert done.stderr.endswith(b".csv: No such file or directory\n")


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.mark.parametrize("encoding", ESCAPED)
def test_a_terminal_keeps_its_encoding(labels, monkeypatch, encoding):
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(screen, encoding=encoding, newline="\n"))
    assert main(["predict", "net.safetensors", "X.csv", "--classes"]) == 0
    shown = dict(zip(LABELS, ESCAPED[encoding], strict=True))
    assert screen.getvalue().decode(encoding).split("\n") == [*map(shown.get, labels), ""]


@posix
@pytest.mark.parametrize("name", [b"n\xff.st", "n\u00e9\u65e5.st".encode(), b"n\x1b[31m\n.st"])
def test_names_of_files(folder, name):
    """Also those that are no text, and those that would control the terminal."""
    os.rename("net.safetensors", name)
    for encoding in ("cp1252", "utf-8"):
        done = process("info", name, PYTHONIOENCODING=encoding)
        assert (done.stderr, done.returncode) == (b"", 0), encoding
        first = done.stdout.decode(encoding).partition("\n")[0]
        assert first.endswith(f".st: {os.stat(name).st_size:,} bytes"), encoding
        assert first.isprintable(), encoding
        done = process("info", b"no" + name, PYTHONIOENCODING=encoding)
        assert done.returncode == 2, encoding
        message = done.stderr.decode(encoding)
        assert message.startswith("filbert: non"), encoding
        assert message.endswith(".st: No such file or directory\n"), encoding
        assert message.count("\n") == 1, encoding


@posix
@pytest.mark.parametrize("how", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_are_no_matter(saved, how):
    for out, code in (("out.csv", 0), ("nowhere/out.csv", 2)):
        command = f"{sys.executable} -m filbert predict net.safetensors X.csv --out {out} {how}"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == code, out
        assert done.stdout == "", out  # a message of errors least of all
        assert ("filbert: nowhere" in done.stderr) == (code == 2 and how == ">&-"), out
    assert os.path.exists("out.csv")


@posix
def test_results_with_stderr_closed(saved):
    command = f"{sys.executable} -m filbert predict net.safetensors X.csv 2>&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 40


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_message_that_cannot_be_written(saved):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "filbert", "info", "nowhere"]
        assert subprocess.run(command, stderr=full, check=False).returncode == 2
