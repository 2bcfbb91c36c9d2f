import time

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from checks import check


def named(text):
    return f"{text}-{time.time_ns()}"


@check("models, versions, tags, aliases, stages")
def _(uri):
    client, name = MlflowClient(uri), named("model")
    client.create_registered_model(name, tags={"a": "1"}, description="first")
    run = client.create_run(client.create_experiment(name))
    client.log_text(run.info.run_id, "x", "model/MLmodel")
    source = f"{run.info.artifact_uri}/model"
    one = client.create_model_version(name, source, run_id=run.info.run_id, tags={"k": "v"})
    two = client.create_model_version(name, source, run_id=run.info.run_id)
    assert (one.version, two.version) in [("1", "2"), (1, 2)]
    client.set_registered_model_alias(name, "champion", "1")
    assert str(client.get_model_version_by_alias(name, "champion").version) == "1"
    client.transition_model_version_stage(name, "2", "Staging")
    assert [str(each.version) for each in client.get_latest_versions(name, ["Staging"])] == ["2"]
    client.update_model_version(name, "2", "described")
    client.set_model_version_tag(name, "2", "x", "y")
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number DESC"])
    assert [str(each.version) for each in found] == ["2", "1"]
    assert client.get_model_version_download_uri(name, "1") == source
    client.delete_registered_model_alias(name, "champion")
    client.delete_model_version(name, "1")
    client.rename_registered_model(name, f"{name}-new")
    assert client.get_registered_model(f"{name}-new").description == "first"
    client.delete_registered_model(f"{name}-new")


@check("the alias `live` is set by a release only, and the answer says so")
def _(uri):
    client, name = MlflowClient(uri), named("live")
    client.create_registered_model(name)
    client.create_model_version(name, "mlflow-artifacts:/somewhere")
    try:
        client.set_registered_model_alias(name, "live", "1")
    except MlflowException as error:
        assert "capstan" in str(error), error
    else:
        raise AssertionError("accepted")


@check("prompts with versions and aliases", since="3.0")
def _(uri):
    name = named("prompt")
    mlflow.genai.register_prompt(name=name, template="Hello {{who}}")
    mlflow.genai.register_prompt(name=name, template="Hi {{who}}")
    mlflow.genai.set_prompt_alias(name, alias="best", version=1)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@best").format(who="you") == "Hello you"
    assert mlflow.genai.load_prompt(f"prompts:/{name}/2").format(who="you") == "Hi you"


@check("a model is logged, registered, and loaded back by version and alias", needs=["sklearn", "pandas"])
def _(uri):
    import pandas
    from sklearn.linear_model import LinearRegression

    name = named("loaded")
    mlflow.set_experiment(name)
    rows = pandas.DataFrame({"a": [1.0, 2.0, 3.0]})
    model = LinearRegression().fit(rows, [2.0, 4.0, 6.0])
    with mlflow.start_run():
        arguments = {"name": "model"} if int(mlflow.__version__.split(".")[0]) >= 3 else {"artifact_path": "model"}
        mlflow.sklearn.log_model(model, **arguments, registered_model_name=name, input_example=rows)
    MlflowClient(uri).set_registered_model_alias(name, "best", "1")
    for place in [f"models:/{name}/1", f"models:/{name}@best"]:
        assert abs(mlflow.pyfunc.load_model(place).predict(rows)[2] - 6) < 1e-6
