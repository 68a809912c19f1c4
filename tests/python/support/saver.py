"""Saves over a file: a program for tests that let its system calls fail.

saver.py PATH SEED: saves the network of that seed; exit status 3 if that is an OSError.
"""

import sys

import filbert as fb


def network(seed):
    return fb.Network([40, 50, 3], output="softmax", rng=seed)


if __name__ == "__main__":
    try:
        network(int(sys.argv[2])).save(sys.argv[1])
    except OSError as error:
        print(f"errno {error.errno}")
        sys.exit(3)
