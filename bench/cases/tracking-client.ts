import { type Case, round } from "../measure.ts";
import { beside } from "../tracking/figures.ts";
import { idleMb } from "../tracking/memory.ts";
import { idleServer, pythonSeconds } from "../tracking/python-client.ts";
import { onEach } from "../tracking/server.ts";

/** How soon a server of an empty store answers and what it takes while nobody asks. */
export const trackingServer: Case = async (bench) => {
  const all = await onEach(bench, "server", async (server) => ({ readyMs: server.readyMs, idleMb: await idleMb(server) }));
  const ready = beside(all, { name: "tracking server ready on an empty store", unit: "ms", more: "worse" }, (one) => one.readyMs);
  const idle = beside(all, { name: "tracking server, idle memory", unit: "MB", more: "worse" }, (one) => one.idleMb);
  return [
    { ...ready, goal: { text: "1 s", holds: ready.value <= 1000 } },
    { ...idle, goal: { text: "150 MB", holds: idle.value <= 150 } },
  ];
};

/** The real Python client, also against a server that does nothing. */
export const trackingPython: Case = async (bench) => {
  const { mlflow } = bench;
  const name = "1000 × mlflow.log_metric from the real client";
  if (mlflow === undefined) return [{ name, notRun: "no client is given: --mlflow PYTHON, the python of an environment that has mlflow" }];
  const idle = await idleServer();
  const limits: number[] = [];
  try {
    const all = await onEach(bench, "python", async (server) => {
      if (server.kind !== "capstan") return pythonSeconds(mlflow, server.url, bench.folder);
      // In turn, so that what else the machine does slows both.
      const times: number[] = [];
      for (let i = 0; i < 2; i++) {
        limits.push(await pythonSeconds(mlflow, idle.url, bench.folder));
        times.push(await pythonSeconds(mlflow, server.url, bench.folder));
      }
      return Math.min(...times);
    });
    const limit = Math.min(...limits);
    const figure = beside(
      all,
      { name, unit: "s", digits: 2, more: "worse", facts: { ofLimit: round(all.capstan / limit, 2), turns: 2 } },
      (one) => one,
    );
    return [{ ...figure, limit: { value: round(limit, 2), program: "bench/limits/idle-server.ts: the client's own time" } }];
  } finally {
    idle.stop();
  }
};
