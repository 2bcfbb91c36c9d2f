"""Trains two wine classifiers under autologging, registers the better one, and loads it back by its alias.

Nothing in here knows Capstan: it is plain MLflow, pointed somewhere by MLFLOW_TRACKING_URI.
"""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "wine"

mlflow.set_experiment("wine")
mlflow.sklearn.autolog(log_input_examples=True)

features, labels = load_wine(return_X_y=True, as_frame=True)
train_x, test_x, train_y, test_y = train_test_split(features, labels, test_size=0.4, random_state=7, stratify=labels)

candidates = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    "forest": RandomForestClassifier(n_estimators=60, max_depth=4, random_state=7),
}
scores = {}
for kind, model in candidates.items():
    with mlflow.start_run(run_name=kind) as run:
        model.fit(train_x, train_y)
        accuracy = model.score(test_x, test_y)
        mlflow.log_metric("test_accuracy", accuracy)
        mlflow.set_tag("kind", kind)
        scores[run.info.run_id] = accuracy
        print(f"{kind:10} accuracy {accuracy:.3f}   run {run.info.run_id}")

best = max(scores, key=scores.get)
client = MlflowClient()
found = mlflow.search_runs(experiment_names=["wine"], filter_string=f"attributes.run_id = '{best}'", order_by=["metrics.test_accuracy DESC"])
logged = mlflow.search_logged_models(filter_string=f"source_run_id = '{best}'", output_format="list")[0]
version = mlflow.register_model(logged.model_uri, NAME)
client.set_registered_model_alias(NAME, "challenger", version.version)
print(f"{NAME} v{version.version} is the challenger, {len(found)} run behind it")

again = mlflow.pyfunc.load_model(f"models:/{NAME}@challenger")
predicted = again.predict(test_x)
print(f"loaded by alias: accuracy {(predicted == test_y).mean():.3f}")
assert abs((predicted == test_y).mean() - scores[best]) < 1e-12
