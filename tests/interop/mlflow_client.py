"""Logs a run with MLflow's own client, reads it back, and prints what it saw as JSON."""

import json
import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment("from-python")
client = MlflowClient(uri)

with tempfile.TemporaryDirectory() as folder:
    report = os.path.join(folder, "report.txt")
    with open(report, "w", encoding="utf-8") as file:
        file.write("late share 0.21\n")
    with mlflow.start_run(run_name="first") as run:
        run_id = run.info.run_id
        mlflow.log_params({"trees": 200, "rate": 0.1})
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        client.log_batch(run_id, metrics=[Metric("auc", 0.5 + i / 1000, 1000 + i, i) for i in range(400)], params=[Param("depth", "6")], tags=[RunTag("team", "a")])
        mlflow.log_metric("odd", float("nan"))
        mlflow.log_artifact(report, "reports")
        mlflow.log_text("{}", "config/plain.json")
        with mlflow.start_run(run_name="inner", nested=True):
            mlflow.log_param("inner", 1)

    back = client.get_run(run_id)
    history = client.get_metric_history(run_id, "auc")
    got = client.download_artifacts(run_id, "reports/report.txt", folder)
    with open(got, encoding="utf-8") as file:
        content = file.read()

    refused = {}
    for name, act in {
        "param": lambda: client.log_param(run_id, "trees", "201"),
        "run": lambda: client.get_run("f" * 32),
        "experiment": lambda: client.create_experiment("from-python"),
    }.items():
        try:
            act()
            refused[name] = None
        except MlflowException as error:
            refused[name] = error.error_code

    client.set_tag(run_id, "after", "the end")
    client.update_run(run_id, name="renamed")
    runs = client.search_runs([back.info.experiment_id])
    experiments = client.search_experiments()

print(
    json.dumps(
        {
            "version": mlflow.__version__,
            "run_id": run_id,
            "name": back.info.run_name,
            "status": back.info.status,
            "params": back.data.params,
            "loss": back.data.metrics["loss"],
            "odd_is_nan": back.data.metrics["odd"] != back.data.metrics["odd"],
            "tags": {key: value for key, value in back.data.tags.items() if not key.startswith("mlflow.")},
            "history": [[one.step, one.value, one.timestamp] for one in history],
            "content": content,
            "artifacts": [one.path for one in client.list_artifacts(run_id)],
            "below": [[one.path, one.file_size] for one in client.list_artifacts(run_id, "reports")],
            "refused": refused,
            "after": client.get_run(run_id).data.tags["after"],
            "renamed": client.get_run(run_id).info.run_name,
            "runs": [one.info.run_name for one in runs],
            "inner_parent": [one.data.tags.get("mlflow.parentRunId") for one in runs if one.info.run_name == "inner"],
            "experiments": sorted(one.name for one in experiments),
        }
    )
)
