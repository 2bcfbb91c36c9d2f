import time

import mlflow
from mlflow import MlflowClient

from checks import check


def traced(name):
    experiment = mlflow.set_experiment(f"{name} {time.time_ns()}").experiment_id

    @mlflow.trace
    def inner(a):
        return a + 1

    @mlflow.trace(name="outer")
    def outer(a):
        return inner(a) * 2

    assert outer(1) == 4
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    return experiment


def found(experiment, **more):
    client = MlflowClient()
    major = int(mlflow.__version__.split(".")[0])
    place = {"locations": [experiment]} if major >= 3 and "locations" in client.search_traces.__code__.co_varnames else {"experiment_ids": [experiment]}
    deadline = time.monotonic() + 20
    while True:
        traces = client.search_traces(**place, **more)
        if traces or time.monotonic() > deadline:
            return traces
        time.sleep(0.1)


@check("traced functions arrive with their spans", since="2.14")
def _(uri):
    (trace,) = found(traced("traces"))
    assert sorted(one.name for one in trace.data.spans) == ["inner", "outer"]
    (outer,) = [one for one in trace.data.spans if one.name == "outer"]
    assert outer.inputs == {"a": 1} and outer.outputs == 4


@check("traces are tagged, found by tag, and deleted", since="3.0")
def _(uri):
    client, experiment = MlflowClient(), traced("tagged")
    (trace,) = found(experiment)
    client.set_trace_tag(trace.info.trace_id, "env", "prod")
    assert len(found(experiment, filter_string="tags.env = 'prod'")) == 1
    assert client.delete_traces(experiment, trace_ids=[trace.info.trace_id]) == 1


@check("traces are found by patterns, names and spans", since="3.8")
def _(uri):
    experiment = traced("patterns")
    assert len(found(experiment)) == 1
    assert len(found(experiment, filter_string="span.name RLIKE '^in+er$'")) == 1


@check("feedback and expectations on traces", since="3.2")
def _(uri):
    (trace,) = found(traced("assessed"))
    from mlflow.entities import AssessmentSource

    person = AssessmentSource(source_type="HUMAN", source_id="someone")
    mlflow.log_feedback(trace_id=trace.info.trace_id, name="good", value=True, source=person, rationale="clear")
    mlflow.log_expectation(trace_id=trace.info.trace_id, name="answer", value=4, source=person)
    back = mlflow.get_trace(trace.info.trace_id)
    assert {one.name: one.value for one in back.info.assessments} == {"good": True, "answer": 4}
