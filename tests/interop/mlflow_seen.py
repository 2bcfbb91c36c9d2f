"""Prints as JSON what MLflow's own client sees in a store (argument: its tracking URI), times and ids of runs with it; what a store gives by itself is left out."""

import json
import math
import os
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)


def number(value):
    return "nan" if math.isnan(value) else value


def ours(tags):
    return {key: value for key, value in tags.items() if not key.startswith("capstan.")}


seen = {"experiments": {}, "models": {}}
for experiment in client.search_experiments(view_type=ViewType.ALL):
    runs = {}
    for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL):
        info, data = run.info, run.data
        files = {}
        folders = [None]
        for folder in folders:
            for one in client.list_artifacts(info.run_id, folder):
                if one.is_dir:
                    folders.append(one.path)
                else:
                    with open(mlflow.artifacts.download_artifacts(run_id=info.run_id, artifact_path=one.path), encoding="utf-8") as file:
                        files[one.path] = file.read()
        runs[info.run_name] = {
            "id": info.run_id,
            "status": info.status,
            "lifecycle": info.lifecycle_stage,
            "times": [info.start_time, info.end_time],
            "user": info.user_id,
            "params": data.params,
            "tags": {key: value for key, value in ours(data.tags).items() if key != "mlflow.parentRunId"},
            "nested": "mlflow.parentRunId" in data.tags,
            "history": {key: [[one.step, one.timestamp, number(one.value)] for one in client.get_metric_history(info.run_id, key)] for key in sorted(data.metrics)},
            "inputs": [[one.dataset.name, one.dataset.digest, one.dataset.source_type, {tag.key: tag.value for tag in one.tags}] for one in run.inputs.dataset_inputs],
            "outputs": [one.step for one in run.outputs.model_outputs] if run.outputs else [],
            "files": files,
        }
    logged = []
    if experiment.lifecycle_stage == "active":
        for one in client.search_logged_models([experiment.experiment_id]):
            with open(os.path.join(mlflow.artifacts.download_artifacts(f"models:/{one.model_id}"), "report.txt"), encoding="utf-8") as file:
                content = file.read()
            tags = {key: value for key, value in ours(one.tags).items() if key != "mlflow.modelVersions"}
            metrics = [[metric.key, metric.value, metric.timestamp, metric.dataset_name] for metric in one.metrics or []]
            logged.append([one.name, one.status.value, one.model_type, one.params, tags, metrics, content])
    traces = []
    if experiment.lifecycle_stage == "active":
        for trace in client.search_traces(locations=[experiment.experiment_id]):
            info = trace.info
            traces.append(
                {
                    "id": info.trace_id,
                    "facts": [info.request_preview, info.response_preview, info.timestamp_ms, info.execution_duration, str(info.state)],
                    "tags": {key: value for key, value in ours(info.tags).items() if key not in ("mlflow.artifactLocation", "mlflow.trace.spansLocation")},
                    "spans": [[one.name, one.span_type, one.start_time_ns, one.end_time_ns, one.inputs, one.outputs, one.attributes] for one in trace.data.spans],
                    "assessments": sorted(([one.name, one.value, one.rationale, one.valid is not False, one.source.source_type] for one in info.assessments), key=str),
                    "linked": [] if uri.startswith("file:") else [run.info.run_name for run in client.search_runs([experiment.experiment_id]) for found in client.search_traces(locations=[experiment.experiment_id], run_id=run.info.run_id) if found.info.trace_id == info.trace_id],
                }
            )
    seen["experiments"][experiment.name] = {"lifecycle": experiment.lifecycle_stage, "tags": experiment.tags, "runs": runs, "logged": logged, "traces": traces}
for model in client.search_registered_models():
    versions = {}
    for one in client.search_model_versions(f"name = '{model.name}'"):
        files = mlflow.artifacts.list_artifacts(f"models:/{model.name}/{one.version}")
        versions[str(one.version)] = [one.current_stage, one.description or "", ours(one.tags), sorted(file.path for file in files)]
    seen["models"][model.name] = {"description": model.description, "tags": ours(model.tags), "aliases": {alias: int(version) for alias, version in model.aliases.items()}, "versions": versions}
print(json.dumps(seen))
