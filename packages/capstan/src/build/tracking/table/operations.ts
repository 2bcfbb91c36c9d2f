import type { runTableOperations } from "@capstan/contract/operations/run-table";
import type { Caller, Handlers } from "../../../base/foundation/caller.ts";
import { toTime } from "../../../base/foundation/clock.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { createLimit } from "../../../base/foundation/limit.ts";
import type { Store } from "../../../base/record/store.ts";
import { type RunRow, runOf } from "../rows.ts";
import type { TrackingService } from "../service.ts";
import { metricWord, secondsOf } from "../views.ts";
import { createNames } from "./names.ts";
import { newestIds } from "./newest.ts";
import { createOrders } from "./order.ts";
import { questionOf } from "./question.ts";
import { createRunTable } from "./table.ts";
import { columnOf } from "./vocabulary.ts";

/** Each is a transaction of its own; so many are on their way at once. */
const atOnce = 16;

export const runTableHandlers = (service: TrackingService, store: Store): Handlers<typeof runTableOperations> => {
  const { database, clock } = store;
  const table = createRunTable(database, service.runGroups, service.valuesAtStep);
  const orders = createOrders(database, service.runIds, service.valuesAtStep);
  const names = createNames(database);

  async function rowsOf(runs: readonly RunRow[], keys: readonly string[]) {
    const [children, cells] = await Promise.all([
      table.children(runs.map((run) => run.id)),
      table.cells(
        runs,
        keys.map((key) => columnOf(key)),
      ),
    ]);
    return runs.map((row, i) => {
      const run = runOf(row);
      return {
        id: run.id,
        name: run.name,
        experiment: run.experimentId,
        kind: run.kind,
        step: run.step,
        status: run.status,
        verdict: run.verdict,
        started: toTime(run.startedMs),
        seconds: secondsOf(run, clock.nowMs()),
        by: run.by,
        parent: run.parentId,
        children: children.get(run.id) ?? 0,
        progress: service.progressOf(run.id) ?? null,
        values: (cells[i] ?? []).map((value) => (typeof value === "number" ? metricWord(value) : value)),
      };
    });
  }

  /** Those that were in the other state before; what a pipeline executed stays with it. */
  async function moved(project: string, ids: readonly string[], lifecycle: "active" | "deleted", caller: Caller) {
    const known = new Map((await table.runs(ids)).map((row) => [row.id, row]));
    const rows = [...new Set(ids)].map((id) => {
      const row = known.get(id);
      if (row?.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
      return row;
    });
    const changing = rows.filter((row) => row.kind === "user" && row.lifecycle !== lifecycle).map((row) => row.id);
    const limit = createLimit(atOnce);
    await Promise.all(changing.map((id) => limit(() => service.changeRun(id, { lifecycle }, caller))));
    return { runs: changing, kept: rows.filter((row) => row.kind !== "user").length };
  }

  return {
    "runs.search": async (input, caller) => {
      const from = performance.now();
      const snapshot = await orders.snapshot(
        questionOf(input, clock.nowMs(), caller),
        input.order,
        input.snapshot,
        input.offset + input.limit,
      );
      const runs = await table.runs(snapshot.slice(input.offset, input.offset + input.limit));
      return {
        rows: await rowsOf(runs, input.columns),
        total: snapshot.total,
        snapshot: snapshot.name,
        milliseconds: Math.round(performance.now() - from),
      };
    },
    "runs.newest": async (input, caller) => {
      const ids = await newestIds(database, questionOf({ ...input, filter: "" }, clock.nowMs(), caller), input.limit);
      return { rows: await rowsOf(await table.runs(ids), input.columns) };
    },
    "runs.groups": async (input, caller) => {
      const from = performance.now();
      const { groups, total, runs } = await table.groups(questionOf(input, clock.nowMs(), caller), input.by, input.metrics, input.limit);
      return {
        groups: groups.map(({ newestMs, ...group }) => ({ ...group, newest: toTime(newestMs) })),
        total,
        runs,
        milliseconds: Math.round(performance.now() - from),
      };
    },
    "runs.names": ({ project, experiment, q, limit }) => names.names({ project, experiment }, q, limit),
    "runs.values": ({ project, experiment, key, q }) => names.values({ project, experiment }, key, q),
    "runs.delete": ({ project, runs }, caller) => moved(project, runs, "deleted", caller),
    "runs.restore": ({ project, runs }, caller) => moved(project, runs, "active", caller),
  };
};
