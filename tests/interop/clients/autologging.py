import time

import mlflow
from mlflow import MlflowClient

from checks import check


def rows():
    from sklearn.datasets import make_classification
    from sklearn.model_selection import train_test_split

    return train_test_split(*make_classification(400, 6, random_state=1), random_state=1)


def last_run(experiment):
    return mlflow.search_runs(experiment_ids=[experiment], output_format="list", order_by=["attributes.start_time ASC"])


def fresh(name):
    return mlflow.set_experiment(f"{name} {time.time_ns()}").experiment_id


def has_model(uri, run):
    """A model of version 3 is beside the run, one of version 2 among its artifacts."""
    outputs = getattr(run, "outputs", None)
    if outputs is not None and outputs.model_outputs:
        return mlflow.get_logged_model(outputs.model_outputs[0].model_id).status == "READY"
    return any(one.is_dir for one in MlflowClient(uri).list_artifacts(run.info.run_id))


@check("scikit-learn: a fit, with model, metrics and estimator", needs=["sklearn"])
def _(uri):
    from sklearn.ensemble import RandomForestClassifier

    experiment = fresh("sklearn")
    mlflow.sklearn.autolog()
    try:
        x, x_test, y, y_test = rows()
        RandomForestClassifier(n_estimators=5, random_state=1).fit(x, y).score(x_test, y_test)
    finally:
        mlflow.sklearn.autolog(disable=True)
    (run,) = last_run(experiment)
    assert run.data.params["n_estimators"] == "5" and "training_f1_score" in run.data.metrics, run.data.metrics
    assert run.info.status == "FINISHED" and has_model(uri, run)


@check("scikit-learn: a grid search, with its children", needs=["sklearn"])
def _(uri):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    experiment = fresh("grid")
    mlflow.sklearn.autolog(max_tuning_runs=3)
    try:
        x, _, y, _ = rows()
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    runs = last_run(experiment)
    children = [one for one in runs if "mlflow.parentRunId" in one.data.tags]
    assert len(runs) == 4 and len(children) == 3, len(runs)


@check("LightGBM: parameters, a metric for each round, importances, model", needs=["lightgbm", "sklearn", "matplotlib"])
def _(uri):
    import lightgbm

    experiment = fresh("lightgbm")
    mlflow.lightgbm.autolog()
    try:
        x, x_test, y, y_test = rows()
        data = lightgbm.Dataset(x, y)
        lightgbm.train(
            {"objective": "binary", "metric": "binary_logloss", "verbose": -1},
            data,
            num_boost_round=30,
            valid_sets=[data, lightgbm.Dataset(x_test, y_test, reference=data)],
            valid_names=["train", "test"],
        )
    finally:
        mlflow.lightgbm.autolog(disable=True)
    (run,) = last_run(experiment)
    history = MlflowClient(uri).get_metric_history(run.info.run_id, "test-binary_logloss")
    assert [one.step for one in history] == list(range(30)), len(history)
    assert "feature_importance_gain.json" in [one.path for one in MlflowClient(uri).list_artifacts(run.info.run_id)]
    assert has_model(uri, run)


@check("XGBoost: parameters, a metric for each round, model", needs=["xgboost", "sklearn", "matplotlib"])
def _(uri):
    import xgboost

    experiment = fresh("xgboost")
    mlflow.xgboost.autolog()
    try:
        x, x_test, y, y_test = rows()
        test = xgboost.DMatrix(x_test, y_test)
        xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y), num_boost_round=20, evals=[(test, "test")], verbose_eval=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    (run,) = last_run(experiment)
    assert len(MlflowClient(uri).get_metric_history(run.info.run_id, "test-logloss")) == 20
    assert has_model(uri, run)
