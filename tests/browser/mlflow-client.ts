import { expect } from "vitest";

/** What a client of MLflow sends, and the answer. */
export async function send<T = Record<string, unknown>>(url: string, path: string, body: object): Promise<T> {
  const sent = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect([path, sent.status]).toEqual([path, 200]);
  return (await sent.json()) as T;
}

export const createExperiment = async (url: string, name: string): Promise<string> =>
  (await send<{ experiment_id: string }>(url, "experiments/create", { name })).experiment_id;

/** A run that goes on. */
export async function beginRun(url: string, experiment: string, name: string, more: object = {}): Promise<string> {
  const { run } = await send<{ run: { info: { run_id: string } } }>(url, "runs/create", {
    experiment_id: experiment,
    run_name: name,
    start_time: Date.now(),
    ...more,
  });
  return run.info.run_id;
}

export const endRun = async (url: string, run: string): Promise<void> =>
  void (await send(url, "runs/update", { run_id: run, status: "FINISHED", end_time: Date.now() }));

export async function logFiles(
  url: string,
  experiment: string,
  run: string,
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): Promise<void> {
  for (const [path, body] of Object.entries(files)) {
    const sent = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/${path}`, { method: "PUT", body });
    expect([path, sent.status]).toEqual([path, 200]);
  }
}
