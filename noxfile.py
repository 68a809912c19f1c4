#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2026", "uv>=0.9"]
# ///
"""The project's chores, each in an environment of its own: nox -s tests lint; nox --list.

Arguments behind -- go to the program of a session: nox -s tests-3.13 -- -n auto -m slow
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

PROJECT = nox.project.load_toml()


def group(name: str) -> list[str]:
    """What a dependency group of pyproject.toml installs, but for filbert itself."""
    return [
        each
        for each in nox.project.dependency_groups(PROJECT, name)
        if not each.startswith("filbert")
    ]


@nox.session(python=["3.11", "3.12", "3.13", "3.14", "3.15"], default=False)
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=["3.14t", "3.15t"], default=False)
def freethreaded(session: nox.Session) -> None:
    """Run the tests without the GIL, those that need nothing but numpy and pytest."""
    session.install("-e", ".", *group("wheel"))
    ours = ["tests/python", "--ignore", "tests/python/building"]
    session.run("pytest", *ours, *session.posargs, env={"PYTHON_GIL": "0"})


@nox.session(python="3.11", default=False)
def floor(session: nox.Session) -> None:
    """Run the tests with the oldest versions that pyproject.toml allows."""
    extras = PROJECT["project"]["optional-dependencies"]
    allowed = [*PROJECT["project"]["dependencies"], *extras["test"], *extras["progress"]]
    session.install("-e", ".", *(f"{each.replace('>=', '==')}.*" for each in allowed))
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Run every linter, over the sources, the workflows and pyproject.toml."""
    session.install("-e", ".[test]", *group("lint"), *group("review"))
    session.run(".ci/lint", external=True)
    session.run("validate-pyproject", "pyproject.toml")
    session.run("sp-repo-review", ".", "--show", "errskip")
    session.run("zizmor", "--offline", ".github")
    for platform in ("linux", "macos", "windows", "pyodide"):
        session.run("cibuildwheel", "--platform", platform, "--print-build-identifiers", ".")


@nox.session
def docs(session: nox.Session) -> None:
    """See that links and code blocks of the pages hold, and that docstrings are numpydoc's."""
    session.install("-e", ".[test]", *group("docs"))
    pages = ["tests/python/building/test_pages.py", "tests/python/building/test_examples.py"]
    session.run("pytest", "-m", "slow or not slow", *pages, *session.posargs)
    session.run("python", "tools/docstrings.py")


@nox.session
def stubs(session: nox.Session) -> None:
    """See that the stub says what the extension has, and that every public name has its types."""
    session.install("-e", ".[test]", *group("lint"), *group("types"))
    session.run("pytest", "tests/python/building/test_stubs.py", *session.posargs)
    session.run("mypy")
    allowed = ["--allowlist", ".ci/stubtest-allow"]
    session.run("stubtest", "filbert._core", "--ignore-disjoint-bases", *allowed)
    session.run("python", "tools/public_types.py")


@nox.session(default=False)
def sdist(session: nox.Session) -> None:
    """Build the sdist: complete, and the same bytes in any folder, without git."""
    session.install(*group("build"))
    folder = Path(session.create_tmp()).absolute()
    session.run("check-sdist", "--inject-junk")
    session.run("python", "tools/distributions.py", "--sdist", "--keep", str(folder))
    session.run("twine", "check", "--strict", *map(str, folder.glob("*.tar.gz")))


@nox.session(python=["3.11", "3.12", "3.13", "3.14"], default=False)
def wheel(session: nox.Session) -> None:
    """Build a wheel from the sdist, the same bytes in any folder, and test it outside of the sources."""
    session.install(*group("build"))
    folder = Path(session.create_tmp()).absolute()
    session.run("python", "tools/distributions.py", "--keep", str(folder))
    (file,) = folder.glob("*.whl")
    session.run("twine", "check", "--strict", str(file))
    session.run("check-wheel-contents", str(file))
    session.install(f"{file}[test]")
    outside = folder / "outside"
    shutil.rmtree(outside, ignore_errors=True)
    for name in PROJECT["tool"]["cibuildwheel"]["test-sources"]:
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if Path(name).is_dir() else shutil.copy2
        copy(name, outside / name)
    with session.chdir(outside):
        ours = ["tests/python", "--ignore", "tests/python/building"]
        session.run("python", "-m", "pytest", *ours, *session.posargs)


@nox.session(default=False)
def cross(session: nox.Session) -> None:
    """Run the golden hashes on other machines, as far as there are compilers and emulators for them."""
    session.install(*group("cross"))
    session.run("python", "tools/platforms.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time training steps and predictions, as shares of the machine's peak."""
    session.install(".[test]")
    session.run("python", "benchmarks/calibrate.py", success_codes=[0, 3])
    for program in ("train", "predict"):
        session.run("python", f"benchmarks/{program}.py", *session.posargs, success_codes=[0, 3])


if __name__ == "__main__":
    nox.main()
