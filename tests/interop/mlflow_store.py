"""Fills a store of MLflow (argument: its tracking URI) with one of everything that an import takes."""

import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric, RunTag

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
experiment = mlflow.set_experiment("alpha").experiment_id
client.set_experiment_tag(experiment, "team", "a")

with tempfile.TemporaryDirectory() as folder:
    report = os.path.join(folder, "report.txt")
    with open(report, "w", encoding="utf-8") as file:
        file.write("late share 0.21\n")
    with mlflow.start_run(run_name="first", description="what it is") as run:
        run_id = run.info.run_id
        mlflow.log_params({"trees": 200, "lines": "x\ny", "path/depth": "6"})
        client.log_batch(run_id, metrics=[Metric("loss", 1 / (i + 1), 1000 + i, i) for i in range(500)], tags=[RunTag("k/a", "v é"), RunTag("empty", "")])
        mlflow.log_metric("odd", float("nan"))
        mlflow.log_metric("deep/auc", 0.5, step=-3)
        mlflow.log_artifact(report, "reports")
        mlflow.log_text("{}", "config/plain.json")
        source = mlflow.data.code_dataset_source.CodeDatasetSource(tags={})
        data = mlflow.data.meta_dataset.MetaDataset(source, name="flights", digest="abc123")
        mlflow.log_input(data, context="training", tags={"month": "7"})
        model = client.create_logged_model(experiment, name="boosted", source_run_id=run_id, params={"trees": "200"}, tags={"kind": "tree"}, model_type="tree")
        client.log_model_artifact(model.model_id, report)
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 3)])
        client.log_metric(run_id, "acc", 0.9, model_id=model.model_id, dataset_name="flights", dataset_digest="abc123")
        with mlflow.start_run(run_name="inner", nested=True):
            mlflow.log_param("inner", 1)

    going = client.create_run(experiment, run_name="going", tags={"mlflow.user": "zoe"})
    client.log_metric(going.info.run_id, "loss", 1.0, step=1)
    dead = client.create_run(experiment, run_name="dead")
    client.set_terminated(dead.info.run_id, "FAILED")
    client.delete_run(dead.info.run_id)
    gone = client.create_experiment("gone")
    client.set_terminated(client.create_run(gone, run_name="in gone").info.run_id)
    client.delete_experiment(gone)
    with mlflow.start_run(experiment_id="0", run_name="in default"):
        mlflow.log_metric("x", 2)

    @mlflow.trace(name="asked", attributes={"depth": 2.0})
    def asked(question):
        with mlflow.start_span("looked up", span_type="RETRIEVER") as span:
            span.set_inputs({"q": question, "k": [1, 2.5, None]})
        return "42"

    mlflow.set_experiment("alpha")
    asked("why?")
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    trace_id = trace.info.trace_id
    client.set_trace_tag(trace_id, "env", "prod")
    first = mlflow.log_feedback(trace_id=trace_id, name="good", value=False, rationale="short: 1e5\nand more")
    mlflow.override_feedback(trace_id=trace_id, assessment_id=first.assessment_id, value=True)
    mlflow.log_feedback(trace_id=trace_id, name="share", value=1.5e-07, metadata={"digits": "007", "yes": "no"})
    mlflow.log_feedback(trace_id=trace_id, name="word", value="1e5")
    mlflow.log_expectation(trace_id=trace_id, name="answer", value={"text": "42"})
    # A folder keeps neither such links nor evaluation datasets.
    if not uri.startswith("file:"):
        client.link_traces_to_run([trace_id], run_id)
        questions = client.create_dataset("questions", experiment_id=[experiment], tags={"team": "a"})
        questions.merge_records([{"inputs": {"q": "why?", "k": 1.5}, "expectations": {"answer": "42"}, "tags": {"hard": "yes"}}, {"inputs": {"q": "how?"}, "outputs": ["a", None]}])

    client.create_registered_model("late", tags={"use": "x"}, description="what is late")
    client.create_model_version("late", f"models:/{model.model_id}", run_id=run_id, tags={"ok": "yes"}, description="first", model_id=model.model_id)
    client.create_model_version("late", f"runs:/{run_id}/reports", run_id=run_id)
    client.set_registered_model_alias("late", "champion", "1")
    client.transition_model_version_stage("late", "1", "Production")
