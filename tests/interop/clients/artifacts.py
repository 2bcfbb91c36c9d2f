import os
import tempfile
import time

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import HTTPError

from checks import check


def new_run(uri):
    client = MlflowClient(uri)
    return client, client.create_run(client.create_experiment(f"artifacts {time.time_ns()}")).info.run_id


@check("files and folders go up, are listed, and come back the same")
def _(uri):
    client, run = new_run(uri)
    with tempfile.TemporaryDirectory() as folder:
        names = {"a.txt": b"one", "sub/b c.bin": os.urandom(3 << 20), "sub/deep/grün.json": b"{}"}
        for name, content in names.items():
            path = os.path.join(folder, "up", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        client.log_artifacts(run, os.path.join(folder, "up"), "all")
        assert sorted(one.path for one in client.list_artifacts(run, "all/sub")) == ["all/sub/b c.bin", "all/sub/deep"]
        got = mlflow.artifacts.download_artifacts(run_id=run, artifact_path="all", dst_path=os.path.join(folder, "down"))
        for name, content in names.items():
            with open(os.path.join(got, name), "rb") as file:
                assert file.read() == content, name


@check("texts, dictionaries and figures")
def _(uri):
    client, run = new_run(uri)
    client.log_text(run, "hello", "notes/hello.txt")
    client.log_dict(run, {"a": [1, 2]}, "config.json")
    assert mlflow.artifacts.load_text(f"runs:/{run}/notes/hello.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"runs:/{run}/config.json") == {"a": [1, 2]}


@check("a large file in parts, by the proxy's multipart upload", since="2.10")
def _(uri):
    client, run = new_run(uri)
    settings = {
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(5 << 20),
        "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
    }
    os.environ.update(settings)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "large.bin")
            content = os.urandom((17 << 20) + 5)
            with open(path, "wb") as file:
                file.write(content)
            client.log_artifact(run, path, "big")
            got = client.download_artifacts(run, "big/large.bin", folder)
            with open(got, "rb") as file:
                assert file.read() == content
    finally:
        for name in settings:
            del os.environ[name]


@check("artifacts are deleted")
def _(uri):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    client, run = new_run(uri)
    client.log_text(run, "x", "a/b.txt")
    client.log_text(run, "x", "c.txt")
    get_artifact_repository(client.get_run(run).info.artifact_uri).delete_artifacts("a")
    assert [one.path for one in client.list_artifacts(run)] == ["c.txt"]


@check("tables and images in steps", needs=["pandas", "numpy", "PIL"], since="2.10")
def _(uri):
    import numpy

    mlflow.set_experiment(f"tables {time.time_ns()}")
    with mlflow.start_run():
        for part in [1, 2]:
            mlflow.log_table({"n": [part], "word": ["x"]}, artifact_file="table.json")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype="uint8"), key="picture", step=1)
        run = mlflow.active_run().info.run_id
        assert len(mlflow.load_table("table.json", run_ids=[run])) == 2
    deadline = time.monotonic() + 20
    while not MlflowClient(uri).list_artifacts(run, "images"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@check("a path that leads out of the run is refused")
def _(uri):
    client, run = new_run(uri)
    for path in ["../x", "..%2fx", "/etc/passwd", "a/../../x"]:
        try:
            client.list_artifacts(run, path)
        except (MlflowException, HTTPError) as error:
            assert "Invalid path" in str(error), error
            continue
        raise AssertionError(path)
