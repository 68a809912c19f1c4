#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2026"]
# ///
"""The project's chores: nox -s tests lint."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Run every linter."""
    session.install(".", *nox.project.dependency_groups(nox.project.load_toml(), "lint"))
    session.run(".ci/lint", external=True)


if __name__ == "__main__":
    nox.main()
