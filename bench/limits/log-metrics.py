"""`log-metrics.py URL TIMES`: a run by MLflow's client, and so many log_metric one after the other. Prints {"seconds"} as JSON."""

import json
import sys
import time

import mlflow
from mlflow import MlflowClient

url, times = sys.argv[1], int(sys.argv[2])
mlflow.set_tracking_uri(url)
run_id = MlflowClient(url).create_run("0").info.run_id
mlflow.log_metric("warm", 0.0, run_id=run_id)
began = time.perf_counter()
for step in range(times):
    mlflow.log_metric("loss", 1 / (step + 1), step=step, run_id=run_id)
print(json.dumps({"seconds": time.perf_counter() - began}))
