"""What the pages say is so: links lead somewhere, files that are named exist, and code blocks run."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from builds import ROOT

import filbert as fb

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("benchmarks/*.md")]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_FILE = re.compile(
    r"`((?:cpp|src|python|tests|tools|docs|cmake|examples|benchmarks)/[\w./-]+)`"
)

# What a page takes for granted before its last block.
BEFORE_LAST = {
    "docs/from_scikit_learn.md": "mlp = MLPClassifier((4,), tol=9.0, n_iter_no_change=1).fit(X, y)\n"
}


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page, language):
    """The code blocks of a page in a language."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text_of(page), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]


def anchors(page):
    """What a link may name behind a # in a page: its headings, as the usual viewers write them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    for target in LINK.findall(text_of(page)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        known = path.exists() and anchors(path.resolve().relative_to(ROOT).as_posix())
        if known is False or (anchor and anchor not in known):
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_links(page):
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_files_that_are_named(page):
    names = {name for name in NAMED_FILE.findall(text_of(page)) if "NAME" not in name}
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_a_broken_link_is_caught(monkeypatch):
    text = "[a](docs/nowhere.md) [b](docs/files.md#nothing) [c](docs/files.md#checkpoints)"
    pages = {"README.md": text, "docs/files.md": text_of("docs/files.md")}
    monkeypatch.setitem(globals(), "text_of", pages.get)
    assert list(broken_links("README.md")) == ["docs/nowhere.md", "docs/files.md#nothing"]


@pytest.fixture
def there(tmp_path, monkeypatch, rng):
    """An empty folder, with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    X, y = rng.normal(size=(60, 4)), np.arange(60) % 2
    net = fb.Network([4, 5, 2], activation="tanh", output="softmax", rng=0)
    for name in ("net", "digits"):
        net.save(f"{name}.safetensors")
    other = fb.Network([4, 5, 2], activation="tanh", output="softmax", rng=1)
    fb.Ensemble([net, other]).save("ensemble.safetensors")
    np.save("X.npy", X)
    np.savetxt("X.csv", X, delimiter=",")
    subprocess.run(["gzip", "-k", "X.csv"], check=True)
    rows = [f"{a:.3f},{b:.3f},{'red' if c > 0 else 'blue'}" for a, b, c, _ in X]
    for file, answer in (("houses.csv", "price"), ("more.csv", "price"), ("wine.csv", "quality")):
        lines = [f"{row},{100 + i}" for i, row in enumerate(rows)]
        Path(file).write_text("\n".join([f"area,age,colour,{answer}", *lines]), encoding="utf-8")
    Path("new.csv").write_text("\n".join(["area,age,colour", *rows]), encoding="utf-8")
    return {"X": X, "y": y, "X_val": X[:9], "y_val": y[:9], "x": X[0], "net": net, "fb": fb}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "count"), [("docs/files.md", 2), ("docs/from_scikit_learn.md", 3)]
)
def test_code_in_python(page, count, there):
    for needed in ("sklearn", "safetensors"):
        pytest.importorskip(needed)
    code = blocks(page, "python")
    assert len(code) == count
    code[-1] = BEFORE_LAST.get(page, "") + code[-1]
    Path("page.py").write_text("\n".join(code), encoding="utf-8")
    runpy.run_path("page.py", init_globals=there)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "count"), [("docs/tables.md", 2), ("docs/command.md", 1)])
def test_commands(page, count, there):
    shell = shutil.which("bash") or pytest.skip("bash is not installed")
    code = blocks(page, "sh")
    assert len(code) == count
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for block in code:
        subprocess.run([shell, "-euc", block], check=True, env={**os.environ, "PATH": path})
