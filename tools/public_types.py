"""Sees that every public name of the package has a type that is known to type checkers: python tools/public_types.py

basedpyright's --verifytypes tells; it needs basedpyright, scikit-learn, and filbert installed. Of the estimators of
filbert.sklearn only the base classes are unknown, as scikit-learn has no types.
"""

import json
import subprocess
import sys

UNTYPED_BASES = {
    "filbert.sklearn.base.BaseMultilayerPerceptron",
    "filbert.sklearn.classifier.MLPClassifier",
    "filbert.sklearn.conversion.Portable",
    "filbert.sklearn.parameters.Parameters",
    "filbert.sklearn.regressor.MLPRegressor",
}
OF_BASES = ("Type of base class", "Type of metaclass")


def main():
    command = ["basedpyright", "--pythonpath", sys.executable, "--ignoreexternal", "--outputjson"]
    done = subprocess.run(
        [*command, "--verifytypes", "filbert"], check=False, capture_output=True, text=True
    )
    symbols = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    public = [symbol for symbol in symbols if symbol["isExported"]]
    unknown = 0
    for symbol in public:
        errors = [
            each["message"]
            for each in symbol["diagnostics"]
            if each["severity"] == "error"
            and not (symbol["name"] in UNTYPED_BASES and each["message"].startswith(OF_BASES))
        ]
        unknown += bool(errors)
        for message in errors:
            print(f"{symbol['name']}: {message}")
    print(f"{len(public)} public names, the types of {unknown} are not known")
    sys.exit(unknown > 0 or len(public) < 500)


if __name__ == "__main__":
    main()
