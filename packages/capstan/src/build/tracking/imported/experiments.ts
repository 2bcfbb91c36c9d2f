import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Store } from "../../../base/record/store.ts";
import { type Change, insert } from "../../../base/storage/database.ts";
import type { Experiment } from "../model.ts";
import { insertMany } from "../rows.ts";

/**
 * An experiment of another store with its times, under its id when that is free and an integer that this store can hold, else under the next number.
 * `also` is given the number and happens with it. The name must be free.
 */
export async function putImportedExperiment(
  store: Store,
  one: Experiment,
  source: string,
  caller: Caller,
  also: (id: string) => Change,
): Promise<string> {
  const { database, recorder } = store;
  for (let attempt = 1; ; attempt++) {
    const asked = /^[1-9][0-9]{0,14}$/.test(one.id) ? Number(one.id) : undefined;
    const free = asked !== undefined && !(await database.find("select 1 as x from experiment where id = ?", [asked]));
    const next = free ? asked : ((await database.find<{ id: number }>("select coalesce(max(id), 0) + 1 as id from experiment"))?.id ?? 1);
    const id = String(next);
    try {
      await recorder.commit(
        [
          insert(
            "experiment",
            {
              id: next,
              project: one.project,
              name: one.name,
              lifecycle: one.lifecycle,
              artifact_location: one.artifactLocation,
              created_ms: one.createdMs,
              updated_ms: one.updatedMs,
            },
            { exists: { noun: "experiment", name: one.name } },
          ),
          ...insertMany(
            "experiment_tag",
            ["project", "experiment_id", "key", "value"],
            Object.entries(one.tags).map(([key, value]) => [one.project, next, key, value]),
            "",
          ),
          ...also(id),
        ],
        [
          {
            action: "experiment.imported",
            subject: { type: "experiment", id },
            project: one.project,
            actor: caller.actor,
            payload: { source, name: one.name, id: one.id },
            ...(caller.because !== undefined && { because: caller.because }),
          },
        ],
      );
      store.events.emit("changed", { project: one.project, kind: "experiment", id });
      return id;
    } catch (error) {
      const lost = error instanceof CapstanError && error.code === "CAP-EXISTS-001";
      const named = await database.find("select 1 as x from experiment where project = ? and name = ?", [one.project, one.name]);
      if (!lost || named || attempt >= 5) throw error;
    }
  }
}
