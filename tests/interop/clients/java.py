"""What the Java client sends, written by the same printer of typed JSON (integers of 64 bits as texts), and its answers, read by the same strict parser."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from google.protobuf.json_format import MessageToJson, Parse
from mlflow.protos import model_registry_pb2 as registry
from mlflow.protos import service_pb2 as service

from checks import check


def caller(uri):
    def send(method, path, body=None):
        request = urllib.request.Request(
            f"{uri}/api/2.0/mlflow/{path}",
            data=body.encode() if body is not None else None,
            method=method,
            headers={"User-Agent": "mlflow-java-client", **({"Content-Type": "application/json"} if body is not None else {})},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def post(path, message, reply=None, method="POST"):
        text = MessageToJson(message, preserving_proto_field_name=True)
        answer = send(method, path, text)
        # Integers of 64 bits come as numbers: Java's parser takes them as it takes texts.
        return Parse(answer, (reply or type(message).Response)(), ignore_unknown_fields=True)

    def get(path, reply, **query):
        return Parse(send("GET", f"{path}?{urllib.parse.urlencode(query, doseq=True)}"), reply(), ignore_unknown_fields=True)

    return post, get


@check("experiments and runs")
def _(uri):
    post, get = caller(uri)
    name = f"java {time.time_ns()}"
    experiment = post("experiments/create", service.CreateExperiment(name=name)).experiment_id
    post("experiments/set-experiment-tag", service.SetExperimentTag(experiment_id=experiment, key="k", value="v"))
    assert get("experiments/get-by-name", service.GetExperimentByName.Response, experiment_name=name).experiment.experiment_id == experiment
    started = int(time.time() * 1000)
    created = service.CreateRun(experiment_id=experiment, user_id="someone", start_time=started, tags=[service.RunTag(key="mlflow.source.type", value="LOCAL")])
    run = post("runs/create", created).run.info
    assert run.start_time == started and run.run_uuid == run.run_id and run.status == service.RUNNING
    both = {"run_uuid": run.run_id, "run_id": run.run_id}
    post("runs/log-parameter", service.LogParam(**both, key="p", value="1"))
    for step, value in enumerate([0.5, float("nan"), float("inf"), float("-inf")]):
        post("runs/log-metric", service.LogMetric(**both, key="m", value=value, timestamp=started + step, step=step))
    post("runs/set-tag", service.SetTag(**both, key="t", value="1"))
    batch = service.LogBatch(run_id=run.run_id, metrics=[service.Metric(key="b", value=i, timestamp=started + i, step=i) for i in range(10)], params=[service.Param(key="q", value="2")])
    post("runs/log-batch", batch)
    history = get("metrics/get-history", service.GetMetricHistory.Response, **both, metric_key="b", max_results=25000)
    assert [one.step for one in history.metrics] == list(range(10))
    post("runs/delete-tag", service.DeleteTag(run_id=run.run_id, key="t"))
    updated = post("runs/update", service.UpdateRun(**both, status=service.FINISHED, end_time=started + 5)).run_info
    assert updated.end_time == started + 5 and updated.status == service.FINISHED
    back = get("runs/get", service.GetRun.Response, **both).run
    assert {one.key: one.value for one in back.data.params} == {"p": "1", "q": "2"}
    search = service.SearchRuns(experiment_ids=[experiment], filter="params.p = '1'", run_view_type=service.ACTIVE_ONLY, max_results=1000, order_by=["metrics.b DESC"])
    assert [one.info.run_id for one in post("runs/search", search).runs] == [run.run_id]
    experiments = service.SearchExperiments(filter=f"name = '{name}'", view_type=service.ACTIVE_ONLY, max_results=1000)
    assert len(post("experiments/search", experiments).experiments) == 1
    for path, message in [("runs/delete", service.DeleteRun(run_id=run.run_id)), ("runs/restore", service.RestoreRun(run_id=run.run_id))]:
        post(path, message)
    post("experiments/update", service.UpdateExperiment(experiment_id=experiment, new_name=f"{name} renamed"))
    post("experiments/delete", service.DeleteExperiment(experiment_id=experiment))
    post("experiments/restore", service.RestoreExperiment(experiment_id=experiment))


@check("what is not there is 404 and what is there already 400")
def _(uri):
    post, get = caller(uri)
    for status, act in [
        (404, lambda: get("experiments/get-by-name", service.GetExperimentByName.Response, experiment_name="absent")),
        (404, lambda: get("runs/get", service.GetRun.Response, run_uuid="f" * 32, run_id="f" * 32)),
        (400, lambda: post("experiments/create", service.CreateExperiment(name="Default"))),
    ]:
        try:
            act()
        except urllib.error.HTTPError as error:
            assert error.code == status and json.loads(error.read())["error_code"]
        else:
            raise AssertionError("accepted")


@check("the registry")
def _(uri):
    post, get = caller(uri)
    name = f"java {time.time_ns()}"
    run = post("runs/create", service.CreateRun(experiment_id="0")).run.info
    assert post("registered-models/create", registry.CreateRegisteredModel(name=name)).registered_model.name == name
    version = registry.CreateModelVersion(name=name, run_id=run.run_id, source=f"{run.artifact_uri}/model")
    assert post("model-versions/create", version).model_version.version == "1"
    moved = registry.TransitionModelVersionStage(name=name, version="1", stage="Staging")
    assert post("model-versions/transition-stage", moved).model_version.current_stage == "Staging"
    post("model-versions/update", registry.UpdateModelVersion(name=name, version="1", description="text"), method="PATCH")
    latest = get("registered-models/get-latest-versions", registry.GetLatestVersions.Response, name=name, stages=["Staging", "Production"])
    assert [one.version for one in latest.model_versions] == ["1"]
    assert get("registered-models/get", registry.GetRegisteredModel.Response, name=name).registered_model.name == name
    assert get("model-versions/get", registry.GetModelVersion.Response, name=name, version="1").model_version.description == "text"
    place = get("model-versions/get-download-uri", registry.GetModelVersionDownloadUri.Response, name=name, version="1")
    assert place.artifact_uri == f"{run.artifact_uri}/model"
    found = get("model-versions/search", registry.SearchModelVersions.Response, max_results=200000, filter=f"name='{name}'", order_by=["version_number DESC"])
    assert [one.version for one in found.model_versions] == ["1"]
