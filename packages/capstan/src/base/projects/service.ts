import type { Caller } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { Store } from "../record/store.ts";
import { insert } from "../storage/database.ts";

export type ProjectsService = ReturnType<typeof createProjectsService>;

/** Named spaces in a store: the unit of access, naming and ledger scope. */
export function createProjectsService({ store }: { store: Store }) {
  const find = (name: string) =>
    store.database.find<{ name: string; folder: string | null; created_ms: number }>(
      "select name, folder, created_ms from project where name = ?",
      [name],
    );
  return {
    find,
    async get(name: string) {
      const project = await find(name);
      if (!project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "project", name });
      return project;
    },
    list: () =>
      store.database.all<{ name: string; folder: string | null; created_ms: number }>(
        "select name, folder, created_ms from project order by name",
      ),
    /** Makes it on first use. Two at once end with one project. */
    async ensure(name: string, folder: string | null, caller: Caller): Promise<void> {
      if (await find(name)) return;
      try {
        await store.recorder.commit(
          [insert("project", { name, folder, created_ms: store.clock.nowMs() }, { exists: { noun: "project", name } })],
          [{ action: "project.created", subject: { type: "project", id: name }, project: name, actor: caller.actor, payload: {} }],
        );
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001")) throw error;
      }
    },
  };
}
