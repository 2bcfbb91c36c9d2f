import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { type Statement, statement } from "../../base/storage/database.ts";
import type { Experiment, Run } from "./model.ts";
import type { TrackingStore } from "./store.ts";

/**
 * Tables whose rows belong to one run: every one with a column `run_id`. What only names the run stays, because it is about something else that is kept: `source_run_id` of a logged
 * model and of an issue, `parent_id` of a child, metadata of a trace, nodes and edges of lineage. Rows of later rooms name runs that are held: of models by lineage, of steps and checks by their kind.
 */
const ofRun = [
  "param",
  "tag",
  "metric_latest",
  "metric_tail",
  "metric_block",
  "metric_pyramid",
  "metric_stream",
  "run_link",
  "artifact",
  "dataset_input",
  "model_link",
  "logged_model_metric",
  "trace_run",
  "run_contact",
];
const runsPerChange = 50;

/** What was erased, and what stays because something else rests on it. */
export type Erased = { runs: string[]; held: { run: string; by: string }[] };

/**
 * Deletion for good of what was deleted before, as MLflow's `gc` does it. The record keeps that it was there: its entries, its node in lineage, and an entry
 * `run.erased` with the seal it had. Bytes that nothing names any more go with the next collection of garbage. Ids and names are free again.
 */
export function createErasing(store: Store, sql: TrackingStore) {
  const { database, recorder } = store;

  /** A model version, dossier or release that rests on a run. */
  async function holderOf(run: Run): Promise<string | undefined> {
    const found = await database.find<{ holder: string }>(
      "select from_id as holder from lineage_edge where project = ? and to_id = ? and (from_id like 'model:%' or from_id like 'dossier:%' or from_id like 'release:%') limit 1",
      [run.project, `run:${run.id}`],
    );
    return found?.holder;
  }

  const statements = (run: Run): Statement[] => [
    ...ofRun.map((table) => statement(`delete from ${table} where run_id = ?`, run.id)),
    {
      sql: "delete from run where id = ? and kind = 'user' and (lifecycle = 'deleted' or exists (select 1 from experiment e where e.id = run.experiment_id and e.lifecycle = 'deleted'))",
      params: [run.id],
      guard: { rows: 1, noun: "run", name: run.id },
    },
    statement("update experiment set runs_left = runs_left + 1 where id = ?", Number(run.experimentId)),
  ];

  /** Each run with its entry; those that something rests on are named. */
  async function eraseRuns(runs: readonly Run[], caller: Caller): Promise<Erased> {
    const erased: Erased = { runs: [], held: [] };
    const free: Run[] = [];
    for (const run of runs) {
      const by = run.kind === "user" ? await holderOf(run) : "its pipeline";
      if (by === undefined) free.push(run);
      else erased.held.push({ run: run.id, by });
    }
    for (let from = 0; from < free.length; from += runsPerChange) {
      const part = free.slice(from, from + runsPerChange);
      await recorder.commit(
        part.flatMap(statements),
        part.map((run) => ({
          action: "run.erased",
          subject: { type: "run", id: run.id, ...(run.seal !== null && { digest: run.seal }) },
          project: run.project,
          actor: caller.actor,
          outcome: run.status,
          payload: { name: run.name, experiment: run.experimentId, seal: run.seal, startedMs: run.startedMs },
          ...(caller.because !== undefined && { because: caller.because }),
        })),
      );
      for (const run of part) {
        erased.runs.push(run.id);
        store.events.emit("changed", { project: run.project, kind: "run", id: run.id });
      }
    }
    return erased;
  }

  return {
    /** Runs of a project that were deleted; any other refuses all of them. */
    async runs(project: string, ids: readonly string[], caller: Caller, plan: boolean): Promise<Erased> {
      const found = await sql.runs([...new Set(ids)]);
      const runs: Run[] = [];
      for (const id of new Set(ids)) {
        const run = found.get(id);
        if (run?.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
        if (run.lifecycle !== "deleted" && !(await sql.experimentIsDeleted(run.experimentId)))
          throw new CapstanError("CAP-STATE-001", { noun: "run", name: id, state: "not deleted", action: "erased; delete it first" });
        runs.push(run);
      }
      return plan ? { runs: runs.map((one) => one.id), held: [] } : eraseRuns(runs, caller);
    },

    /** An experiment that was deleted, with its runs, logged models, datasets and traces. It stays while one of its runs is held. */
    async experiment(one: Experiment, caller: Caller, plan: boolean): Promise<Erased & { loggedModels: number; traces: number }> {
      const id = Number(one.id);
      if (one.lifecycle !== "deleted" || id === 0)
        throw new CapstanError("CAP-STATE-001", {
          noun: "experiment",
          name: one.name,
          state: id === 0 ? "the one that is always there" : "not deleted",
          action: "erased",
        });
      const count = async (table: string): Promise<number> =>
        (await database.find<{ n: number }>(`select count(*) as n from ${table} where experiment_id = ?`, [id]))?.n ?? 0;
      const found = { loggedModels: await count("logged_model"), traces: await count("trace") };
      const erased: Erased = { runs: [], held: [] };
      for (let after = ""; ;) {
        const ids = await database.all<{ id: string }>("select id from run where experiment_id = ? and id > ? order by id limit 500", [
          id,
          after,
        ]);
        const last = ids[ids.length - 1];
        if (!last) break;
        after = last.id;
        const part = [...(await sql.runs(ids.map((row) => row.id))).values()];
        const done = plan ? { runs: part.map((run) => run.id), held: [] } : await eraseRuns(part, caller);
        erased.runs.push(...done.runs);
        erased.held.push(...done.held);
      }
      if (plan || erased.held.length > 0) return { ...erased, ...found };
      const models = "(select id from logged_model where experiment_id = ?)";
      const traces = "(select id from trace where experiment_id = ?)";
      await recorder.commit(
        [
          ...["param", "tag", "metric"].map((part) => statement(`delete from logged_model_${part} where model_id in ${models}`, id)),
          ...["models", "traces"].map((part) =>
            statement("delete from stored_file where project = ? and path like ?", one.project, `${one.id}/${part}/%`),
          ),
          statement("delete from logged_model where experiment_id = ?", id),
          statement("delete from logged_dataset where experiment_id = ?", id),
          ...["trace_text", "trace_span", "trace_run", "assessment"].map((table) =>
            statement(`delete from ${table} where trace_id in ${traces}`, id),
          ),
          statement("delete from trace where experiment_id = ?", id),
          statement("delete from online_scoring where scorer_id in (select id from scorer where experiment_id = ?)", id),
          ...["scorer", "issue", "evaluation_dataset_experiment", "experiment_tag"].map((table) =>
            statement(`delete from ${table} where experiment_id = ?`, id),
          ),
          {
            sql: "delete from experiment where id = ? and lifecycle = 'deleted' and not exists (select 1 from run where experiment_id = ?)",
            params: [id, id],
            guard: { rows: 1, noun: "experiment", name: one.name },
          },
        ],
        [
          {
            action: "experiment.erased",
            subject: { type: "experiment", id: one.id },
            project: one.project,
            actor: caller.actor,
            payload: { name: one.name, runs: erased.runs.length, ...found },
            ...(caller.because !== undefined && { because: caller.because }),
          },
        ],
      );
      store.events.emit("changed", { project: one.project, kind: "experiment", id: one.id });
      return { ...erased, ...found };
    },
  };
}
