"""Runs what MLflow's own clients are used for against a server, and prints what came of it as JSON: `python checks.py URL [area…]`."""

import importlib
import importlib.metadata
import importlib.util
import json
import sys
import time
import traceback

AREAS = ["tracking", "artifacts", "registry", "autologging", "traces", "java"]
_checks = []


def check(text, needs=(), since=""):
    """One use of a client. `needs` are modules that it takes, `since` the release of MLflow that has it."""

    def keep(act):
        _checks.append((text, needs, since, act))
        return act

    return keep


def version_of(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def numbers(version):
    return tuple(int(part) for part in version.split(".")[:2])


def main():
    import mlflow

    uri, areas = sys.argv[1], sys.argv[2:] or AREAS
    mlflow.set_tracking_uri(uri)
    outcomes = []
    for area in areas:
        _checks.clear()
        importlib.import_module(area)
        for text, needs, since, act in list(_checks):
            outcome = {"area": area, "check": text}
            lacking = [one for one in needs if importlib.util.find_spec(one) is None]
            if lacking:
                outcome["lacks"] = ", ".join(lacking)
            elif since and numbers(mlflow.__version__) < numbers(since):
                outcome["lacks"] = f"a release from {since} on"
            else:
                started = time.monotonic()
                try:
                    act(uri)
                    outcome["passed"] = True
                except BaseException as error:  # a client may end the process
                    outcome["passed"] = False
                    outcome["problem"] = f"{type(error).__name__}: {error}"[:500]
                    traceback.print_exc()
                outcome["seconds"] = round(time.monotonic() - started, 1)
                while mlflow.active_run():
                    mlflow.end_run()
            outcomes.append(outcome)
    skinny = version_of("mlflow") is None
    packages = {name: version_of(name) for name in ["scikit-learn", "lightgbm", "xgboost", "opentelemetry-sdk"] if version_of(name)}
    print(json.dumps({"client": "mlflow-skinny" if skinny else "mlflow", "version": mlflow.__version__, "with": packages, "outcomes": outcomes}))


if __name__ == "__main__":
    sys.modules["checks"] = sys.modules["__main__"]
    main()
