"""Builds the sdist, and a wheel from it, as a release does, and sees that they are the same bytes each time:

    python tools/distributions.py [--sdist] [--no-isolation] [--keep FOLDER]

Each is built twice, in folders of different names, from files without a git repository around them, and without a
compiler cache. Their checksums are printed; the exit status is 1 where the two differ. Needs `build`.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ["a", "another/folder"]  # of other lengths: a path that gets into a file shows


def copy_of_sources(folder):
    """The files that git knows, or all of them where there is no repository."""
    if not (ROOT / ".git").exists():
        shutil.copytree(ROOT, folder)
        return
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, names.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def build(source, kind, options):
    """The one file that `python -m build` makes of a folder."""
    output = source / "dist"
    command = [sys.executable, "-m", "build", f"--{kind}", *options, "--outdir", output, source]
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "CCACHE_DISABLE": "1"},
    )
    if done.returncode:
        sys.exit(f"{done.stdout[-6000:]}\n{' '.join(map(str, command))} failed")
    (file,) = output.iterdir()
    return file


def same(files):
    """Print the checksums of files that should be equal, and whether they are."""
    sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    equal = len(set(sums)) == 1
    print(f"{files[0].name}: {files[0].stat().st_size:,} bytes", "" if equal else "DIFFERENT")
    for file, checksum in zip(files, sums, strict=True):
        print(f"  {checksum}  built in {file.parents[1]}")
    return equal


def sdists(folder, options):
    made = []
    for name in FOLDERS:
        copy_of_sources(folder / name)
        made.append(build(folder / name, "sdist", options))
    return made


def wheels(folder, sdist, options):
    made = []
    for name in FOLDERS:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / name, filter="data")
        (source,) = (folder / name).iterdir()
        made.append(build(source, "wheel", options))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sdist", action="store_true", help="no wheel")
    parser.add_argument("--no-isolation", action="store_true", help="build with what is installed")
    parser.add_argument("--keep", type=Path, help="a folder that gets the files")
    arguments = parser.parse_args()
    options = ["--no-isolation"] if arguments.no_isolation else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [sdists(folder / "sdists", options)]
        if not arguments.sdist:
            made.append(wheels(folder / "wheels", made[0][0], options))
        equal = [same(files) for files in made]
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            for files in made:
                shutil.copy2(files[0], arguments.keep)
    sys.exit(not all(equal))


if __name__ == "__main__":
    main()
