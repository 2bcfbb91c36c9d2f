import type { Caller } from "../../../base/foundation/caller.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import { createTally } from "../import/tally.ts";
import type { TransferResult } from "../model.ts";
import type { Credentials } from "../sources/client.ts";
import type { ExportTask } from "./held.ts";

export type ExportDeps = Pick<ExportTask, "store" | "tracking" | "registry" | "project" | "plan" | "signal"> & {
  to: string;
  credentials: Credentials;
  experiments?: readonly string[] | undefined;
  tell(phase: string, taken: Readonly<Record<string, number>>, found: Readonly<Record<string, number>>): void;
};

/** Writes what a project holds of MLflow's nouns to a server or a folder. The same again goes on where it stopped. */
export async function exportMlflow(deps: ExportDeps, caller: Caller): Promise<TransferResult> {
  const { store, project, plan } = deps;
  const server = /^https?:\/\//i.test(deps.to);
  const label = server ? deps.to.replace(/^(https?:\/\/)[^@/]*@/i, "$1") : deps.to;
  const tally = createTally(label);
  const task: ExportTask = { ...deps, tally, digests: [], tell: (phase) => deps.tell(phase, tally.counts.taken, tally.counts.same) };
  if (server) await (await import("./server.ts")).exportToServer(task, deps.to, deps.credentials, deps.experiments);
  else await (await import("./folder.ts")).exportToFolder(task, deps.to, deps.experiments);
  await countOthers(task);
  const digest = digestOfJson(task.digests.toSorted());
  if (plan) return tally.result({ digest: null, entry: null });
  const entry = store.recorder.newEntryId();
  const { counts } = tally;
  const { left, differing } = tally.result({ digest, entry });
  await store.recorder.commit(
    [],
    [
      {
        id: entry,
        action: "mlflow.exported",
        subject: { type: "export", id: entry, digest },
        project,
        actor: caller.actor,
        outcome: differing > 0 ? "fail" : "pass",
        payload: { target: label, written: counts.taken, same: counts.same, differing, left: left.map((one) => ({ ...one })), digest },
        ...(caller.because !== undefined && { because: caller.because }),
      },
    ],
  );
  return tally.result({ digest, entry });
}

/** What MLflow has no noun for, or what this export does not write. */
async function countOthers({ store, project, tally }: ExportTask): Promise<void> {
  const rows = await store.database.all<{ kind: string; n: number }>(
    "select kind, count(*) as n from run where project = ? and kind not in ('user', 'step', 'pipeline') group by kind order by kind",
    [project],
  );
  for (const { kind, n } of rows) tally.leave(`runs of kind ${kind}`, "MLflow has no such kind", Number(n));
  for (const [table, what] of [
    ["evaluation_dataset", "evaluation datasets"],
    ["scorer", "versions of scorers"],
    ["issue", "issues"],
    ["webhook", "webhooks"],
  ]) {
    const found = await store.database.find<{ n: number }>(`select count(*) as n from ${table} where project = ?`, [project]);
    if (Number(found?.n) > 0) tally.leave(what ?? "", "an export does not write these", Number(found?.n));
  }
}
