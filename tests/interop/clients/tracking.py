import math
import threading
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

from checks import check


def new_experiment(name):
    return mlflow.set_experiment(f"{name} {time.time_ns()}").experiment_id


@check("runs with params, metrics, tags, nested runs; read back")
def _(uri):
    new_experiment("runs")
    with mlflow.start_run(run_name="outer") as run:
        mlflow.log_params({"trees": 200, "rate": 0.1, "none": None})
        mlflow.log_metrics({"auc": 0.5, "loss": 1.5}, step=3)
        mlflow.log_metric("odd", float("nan"))
        mlflow.log_metric("far", float("inf"))
        mlflow.set_tags({"team": "a", "note": "grün ✓"})
        with mlflow.start_run(nested=True) as inner:
            mlflow.log_metric("inner", 1)
    back = mlflow.get_run(run.info.run_id)
    assert back.info.status == "FINISHED" and back.info.run_name == "outer"
    assert back.data.params == {"trees": "200", "rate": "0.1", "none": "None"}
    assert back.data.metrics["auc"] == 0.5 and math.isnan(back.data.metrics["odd"]) and back.data.metrics["far"] > 1e300
    assert back.data.tags["note"] == "grün ✓"
    assert mlflow.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id


@check("batches of 1000, whole histories, out of order and repeated points")
def _(uri):
    client = MlflowClient(uri)
    run = client.create_run(new_experiment("batches")).info.run_id
    client.log_batch(run, metrics=[Metric("curve", i / 10, 1000 + i, i) for i in range(1000)])
    client.log_batch(run, params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[RunTag("t", "1")])
    late = Metric("curve", 7.0, 10, 2000)
    client.log_batch(run, metrics=[Metric("curve", 5.0, 1, -3), late, late])
    history = client.get_metric_history(run, "curve")
    assert len(history) == 1002, len(history)
    assert client.get_run(run).data.metrics["curve"] == 7.0
    assert len(client.get_run(run).data.params) == 100


@check("runs are searched, sorted and paged")
def _(uri):
    client = MlflowClient(uri)
    experiment = new_experiment("search")
    for i in range(7):
        run = client.create_run(experiment, run_name=f"r{i}").info.run_id
        client.log_metric(run, "auc", i / 10)
        client.log_param(run, "kind", "odd" if i % 2 else "even")
    found = client.search_runs([experiment], "metrics.auc > 0.15 and params.kind = 'even'", order_by=["metrics.auc DESC"])
    assert [one.info.run_name for one in found] == ["r6", "r4", "r2"]
    names, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.auc ASC"], max_results=3, page_token=token)
        names += [one.info.run_name for one in page]
        token = page.token
        if not token:
            break
    assert names == [f"r{i}" for i in range(7)]


@check("experiments and runs are renamed, deleted and restored")
def _(uri):
    client = MlflowClient(uri)
    experiment = new_experiment("life")
    run = client.create_run(experiment).info.run_id
    client.update_run(run, name="renamed")
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert [one.info.run_id for one in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == [run]
    client.restore_run(run)
    client.set_experiment_tag(experiment, "k", "v")
    client.rename_experiment(experiment, f"renamed {experiment}")
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).tags["k"] == "v"


@check("what a user did wrong is said at once, not after retries")
def _(uri):
    client = MlflowClient(uri)
    run = client.create_run(new_experiment("wrong")).info.run_id
    client.log_param(run, "a", "1")
    started = time.monotonic()
    for act in [
        lambda: client.log_param(run, "a", "2"),
        lambda: client.get_run("f" * 32),
        lambda: client.search_runs(["0"], "metrics.x ="),
        lambda: client.set_tag("0" * 32, "a", "b"),
        lambda: client.delete_tag(run, "absent"),
        lambda: client.get_experiment("999999999"),
        lambda: client.create_experiment(client.get_experiment("0").name),
        lambda: client.get_registered_model("absent"),
        lambda: client.search_runs(["0"], page_token="rubbish"),
        lambda: client.download_artifacts(run, "absent"),
    ]:
        try:
            act()
        except MlflowException as error:
            assert "too many" not in str(error), error
        else:
            raise AssertionError("accepted")
    assert time.monotonic() - started < 20


@check("twenty threads create experiments and log at once")
def _(uri):
    client, failures, ids = MlflowClient(uri), [], []
    prefix = f"threads {time.time_ns()}"

    def work(i):
        try:
            experiment = client.create_experiment(f"{prefix} {i}")
            run = client.create_run(experiment).info.run_id
            for step in range(20):
                client.log_metric(run, "m", step, step=step)
            assert len(client.get_metric_history(run, "m")) == 20
            ids.append(experiment)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failures, failures[0]
    assert len(set(ids)) == 20


@check("asynchronous logging", since="2.8")
def _(uri):
    new_experiment("async")
    with mlflow.start_run() as run:
        for step in range(50):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.log_params({"a": 1}, synchronous=False)
        if hasattr(mlflow, "flush_async_logging"):
            mlflow.flush_async_logging()
    deadline = time.monotonic() + 30
    while len(MlflowClient(uri).get_metric_history(run.info.run_id, "m")) < 50:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@check("system metrics", needs=["psutil"], since="2.8")
def _(uri):
    new_experiment("system")
    mlflow.set_system_metrics_sampling_interval(1)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        time.sleep(4)
    deadline = time.monotonic() + 30
    while not any(key.startswith("system/") for key in mlflow.get_run(run.info.run_id).data.metrics):
        assert time.monotonic() < deadline, "no system metrics"
        time.sleep(0.2)


@check("datasets as inputs of runs", needs=["pandas"])
def _(uri):
    import pandas

    experiment = new_experiment("inputs")
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, source="s3://bucket/frame", name="frame"), context="training")
    (found,) = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    assert found.dataset.name == "frame" and found.tags[0].value == "training"
    assert len(MlflowClient(uri).search_runs([experiment], "dataset.name = 'frame'")) == 1
