import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { statement } from "../../base/storage/database.ts";
import { inParts } from "./rows.ts";

/** An open run of which nothing was heard for this long is sealed as it is. */
const patienceMs = 24 * 3600 * 1000;
const system: Caller = { actor: { kind: "system", name: "system:tracking" }, via: "system", roles: [], capabilities: new Set() };

/**
 * Runs without contact. A look compares the revision of every open run with the one that an earlier look saw, so that writing a metric costs nothing for it:
 * what has not moved for a day is sealed, and goes on to be RUNNING and open to its client.
 */
export function createStaleRuns(store: Store, sealStale: (runId: string, caller: Caller) => Promise<void>) {
  const { database, clock } = store;
  type Open = { id: string; project: string; revision: number; seen_revision: number | null; seen_ms: number | null };

  return async function sealStaleRuns(): Promise<string[]> {
    const nowMs = clock.nowMs();
    const sealed: string[] = [];
    await database.commit([statement("delete from run_contact where run_id not in (select id from run where seal is null)")]);
    for (let after = ""; ;) {
      const page = await database.all<Open>(
        `select r.id, r.project, r.revision, c.revision as seen_revision, c.seen_ms from run r left join run_contact c on c.run_id = r.id
         where r.kind = 'user' and r.seal is null and r.lifecycle = 'active' and r.id > ? order by r.id limit 500`,
        [after],
      );
      const last = page[page.length - 1];
      if (!last) return sealed;
      after = last.id;
      const moved = page.filter((run) => run.seen_revision !== run.revision);
      await inParts(moved, async (part) => {
        await database.commit(
          part.map((run) =>
            statement(
              "insert into run_contact (run_id, project, revision, seen_ms) values (?, ?, ?, ?) on conflict (run_id) do update set revision = excluded.revision, seen_ms = excluded.seen_ms",
              run.id,
              run.project,
              run.revision,
              nowMs,
            ),
          ),
        );
      });
      for (const run of page) {
        if (run.seen_revision !== run.revision || run.seen_ms === null || nowMs - run.seen_ms < patienceMs) continue;
        try {
          await sealStale(run.id, system);
          sealed.push(run.id);
        } catch (error) {
          // Its client came back, or someone deleted it: then it is not stale.
          if (!(error instanceof CapstanError)) throw error;
        }
      }
    }
  };
}
