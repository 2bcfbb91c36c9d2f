"""Makes an MLflow store of the runs that a Capstan store holds, by statements from file to file: python fill-mlflow.py CAPSTAN_DB MLFLOW_DB"""

import sqlite3
import sys

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

source, target = sys.argv[1:3]
# Makes its tables.
SqlAlchemyStore(f"sqlite:///{target}", "mlflow-artifacts:/")

database = sqlite3.connect(target)
database.execute("pragma synchronous=off")
database.execute("attach ? as capstan", (source,))
for statement in (
    """insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
       select id, name, 'mlflow-artifacts:/' || id, lifecycle, created_ms, updated_ms from capstan.experiment where id > 0""",
    """insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,
                         lifecycle_stage, artifact_uri, experiment_id)
       select id, name, 'LOCAL', '', '', by_name, status, started_ms, ended_ms, '', lifecycle,
              'mlflow-artifacts:/' || experiment_id || '/' || id || '/artifacts', experiment_id from capstan.run""",
    """insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
       select key, value, time_ms, step, is_nan, run_id from capstan.metric_latest""",
    "insert into params (key, value, run_uuid) select key, value, run_id from capstan.param",
    "insert into tags (key, value, run_uuid) select key, value, run_id from capstan.tag",
):
    database.execute(statement)
database.commit()
