import { insert } from "../../packages/capstan/src/base/storage/database.ts";
import { projectMigrations } from "../../packages/capstan/src/base/projects/migrations.ts";
import { openTestStore } from "../../packages/capstan/src/testing/store.ts";
import { type Case, median, quantile, round } from "../measure.ts";
import { syncTimes } from "./disk.ts";

const changes = 300;

/** A row with its entry in one transaction, one after the other: nothing is shared between commits. */
export const ledger: Case = async ({ folder }) => {
  const one = await openTestStore(projectMigrations);
  const times: number[] = [];
  try {
    const { store } = one;
    for (let i = 0; i < changes + 20; i++) {
      const began = performance.now();
      await store.recorder.commit(
        [insert("project", { name: `p${i}`, folder: null, created_ms: i })],
        [
          {
            action: "project.created",
            subject: { type: "project", id: `p${i}` },
            project: "default",
            actor: { kind: "person", name: "local:bench" },
            payload: { i },
          },
        ],
      );
      if (i >= 20) times.push(performance.now() - began);
    }
    const rows = await store.database.all<{ n: number }>("select count(*) as n from entry where idx is not null");
    if (rows[0]?.n !== changes + 20) throw new Error(`${rows[0]?.n} entries instead of ${changes + 20}`);
  } finally {
    await one.close();
  }
  const sync = median(await syncTimes(folder, "sync-beside-ledger"));
  const value = median(times);
  return [
    {
      name: "ledgered change, p50",
      value: round(value, 3),
      unit: "ms",
      goal: { text: "one fsync + 0.3 ms", holds: value <= sync + 0.3 },
      limit: { value: round(sync, 3), program: "bench/limits/append-fdatasync.ts" },
      facts: { changes, p95Ms: round(quantile(times, 0.95), 3), entriesChecked: changes + 20 },
    },
  ];
};
