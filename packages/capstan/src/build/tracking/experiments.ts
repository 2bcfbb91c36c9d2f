import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { statement } from "../../base/storage/database.ts";
import type { Experiment, Lifecycle } from "./model.ts";
import { inParts, insertMany, listOf } from "./rows.ts";
import { clean } from "./rules.ts";
import { createExperimentSearch, type ExperimentSearch } from "./search/experiment-search.ts";
import { createExperiment, type TrackingStore } from "./store.ts";

export type ExperimentPlace = Pick<Experiment, "id" | "project" | "artifactLocation">;

/** Each lost race means that somebody else's experiment was made. */
const mostAttempts = 100;
const system: Caller["actor"] = { kind: "system", name: "system:tracking" };

/** Verbs of experiments. Ids are unique per store, names per project (deleted ones included); `0` is Default of project `default`. */
export function createExperiments(store: Store, sql: TrackingStore) {
  const { database, recorder, clock } = store;
  const search = createExperimentSearch(database, sql.withTags);

  /** Default exists before anything is asked of experiments. */
  let made: Promise<void> | undefined;
  const ready = (): Promise<void> =>
    (made ??= makeDefault().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
  async function makeDefault(): Promise<void> {
    if ((await sql.experiments("id = 0", [])).length > 0) return;
    await create({ project: "default", name: "Default", id: 0 }, system).catch((error: unknown) => {
      // Another process made it, or this one only reads.
      if (!(error instanceof CapstanError && (error.code === "CAP-EXISTS-001" || error.code === "CAP-STORE-004"))) throw error;
    });
  }

  /** Numbers that this process is about to use. */
  const underWay = new Set<number>();
  async function nextNumber(): Promise<number> {
    let number = ((await database.find<{ id: number }>("select coalesce(max(id), 0) as id from experiment"))?.id ?? 0) + 1;
    while (underWay.has(number)) number++;
    return number;
  }

  async function create(
    one: { project: string; name: string; id?: number; artifactLocation?: string | null; tags?: Record<string, string> },
    actor: Caller["actor"],
    because?: string,
  ): Promise<string> {
    const name = clean(one.name);
    for (let attempt = 1; ; attempt++) {
      // Tags name the number, so that it is known before; a race for it that another process won is tried again.
      const id = one.id ?? (await nextNumber());
      underWay.add(id);
      try {
        await recorder.commit(
          [
            ...createExperiment({ id, project: one.project, name, artifactLocation: one.artifactLocation ?? null, nowMs: clock.nowMs() }),
            ...insertMany(
              "experiment_tag",
              ["project", "experiment_id", "key", "value"],
              Object.entries(one.tags ?? {}).map(([key, value]) => [one.project, id, clean(key), clean(value)]),
              "",
            ),
          ],
          [
            {
              action: "experiment.created",
              subject: { type: "experiment", id: String(id) },
              project: one.project,
              actor,
              payload: { name },
              ...(because !== undefined && { because }),
            },
          ],
        );
        store.events.emit("changed", { project: one.project, kind: "experiment", id: String(id) });
        return String(id);
      } catch (error) {
        if (
          !(error instanceof CapstanError && error.code === "CAP-EXISTS-001") ||
          attempt >= mostAttempts ||
          one.id !== undefined ||
          (await findByName(one.project, name))
        )
          throw error;
      } finally {
        underWay.delete(id);
      }
    }
  }

  async function find(id: string): Promise<Experiment | undefined> {
    if (!/^[0-9]{1,15}$/.test(id)) return undefined;
    await ready();
    return (await sql.experiments("id = ?", [Number(id)]))[0];
  }
  async function findByName(project: string, name: string): Promise<Experiment | undefined> {
    return (await sql.experiments("project = ? and name = ?", [project, name]))[0];
  }

  async function getActive(id: string): Promise<Experiment> {
    const found = await find(id);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "experiment", name: id });
    if (found.lifecycle !== "active")
      throw new CapstanError("CAP-STATE-001", { noun: "experiment", name: id, state: "deleted", action: "changed" });
    return found;
  }

  /** What never changes of an experiment, so that a run is made without asking again. Forgotten when something of it changes. */
  const places = new Map<string, ExperimentPlace>();
  store.events.on("changed", ({ kind, id }) => void (kind === "experiment" && places.delete(id)));
  async function place(id: string): Promise<ExperimentPlace | undefined> {
    const known = places.get(id);
    if (known) return known;
    const found = await find(id);
    if (!found) return undefined;
    if (places.size >= 1000) places.clear();
    const made = { id: found.id, project: found.project, artifactLocation: found.artifactLocation };
    places.set(id, made);
    return made;
  }

  return {
    ready,
    find,
    place,
    getActive,
    async get(id: string): Promise<Experiment> {
      const found = await find(id);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "experiment", name: id });
      return found;
    },
    async findByName(project: string, name: string): Promise<Experiment | undefined> {
      await ready();
      return findByName(project, name);
    },
    async create(
      one: { project: string; name: string; artifactLocation?: string | null; tags?: Record<string, string> },
      caller: Caller,
    ): Promise<string> {
      await ready();
      return create(one, caller.actor, caller.because);
    },
    /** Id of the experiment of this name, made on first use. Two at once end with one. */
    async ensure(project: string, name: string, caller: Caller): Promise<string> {
      await ready();
      const found = await findByName(project, name);
      if (found) return found.id;
      try {
        return await create({ project, name }, caller.actor, caller.because);
      } catch (error) {
        const other = await findByName(project, name);
        if (other) return other.id;
        throw error;
      }
    },
    /** Newest first; `projects` absent means all. */
    async list(
      filter: { projects?: readonly string[]; lifecycle?: Lifecycle | "all" },
      limit: number,
      offset: number,
    ): Promise<{ experiments: Experiment[]; total: number }> {
      await ready();
      const where: string[] = ["1 = 1"];
      const params: string[] = [];
      if (filter.projects) {
        where.push(filter.projects.length > 0 ? `project in (${filter.projects.map(() => "?").join(", ")})` : "1 = 0");
        params.push(...filter.projects);
      }
      if (filter.lifecycle !== "all") {
        where.push("lifecycle = ?");
        params.push(filter.lifecycle ?? "active");
      }
      const total =
        (await database.find<{ n: number }>(`select count(*) as n from experiment where ${where.join(" and ")}`, params))?.n ?? 0;
      return {
        experiments: await sql.experiments(`${where.join(" and ")} order by created_ms desc, id desc limit ? offset ?`, [
          ...params,
          limit,
          offset,
        ]),
        total,
      };
    },
    /** A page of experiments that a filter in the search language asks for, in its order. */
    async search(asked: ExperimentSearch): Promise<{ experiments: Experiment[]; next: string | undefined }> {
      await ready();
      return search(asked);
    },
    /** Those of these ids that there are. */
    async byId(ids: readonly string[]): Promise<Map<string, Experiment>> {
      await ready();
      const found = new Map<string, Experiment>();
      await inParts([...new Set(ids)], async (part) => {
        const list = listOf(part.map(Number));
        for (const one of await sql.experiments(`id in ${list.sql}`, list.params)) found.set(one.id, one);
      });
      return found;
    },
    async removeTag(id: string, key: string): Promise<void> {
      const found = await getActive(id);
      if (found.tags[key] === undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "tag", name: key });
      await database.commit([
        statement("delete from experiment_tag where experiment_id = ? and key = ?", Number(id), key),
        statement("update experiment set updated_ms = ? where id = ?", clock.nowMs(), Number(id)),
      ]);
      store.events.emit("changed", { project: found.project, kind: "experiment", id });
    },
    async setTag(id: string, key: string, value: string): Promise<void> {
      const found = await getActive(id);
      await database.commit([
        ...insertMany(
          "experiment_tag",
          ["project", "experiment_id", "key", "value"],
          [[found.project, Number(id), clean(key), clean(value)]],
          "on conflict (experiment_id, key) do update set value = excluded.value",
        ),
        statement("update experiment set updated_ms = ? where id = ?", clock.nowMs(), Number(id)),
      ]);
      store.events.emit("changed", { project: found.project, kind: "experiment", id });
    },
    /** Renames, deletes (kept, hidden) or restores. */
    async change(id: string, change: { name?: string; lifecycle?: Lifecycle }, caller: Caller): Promise<void> {
      const found = await find(id);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "experiment", name: id });
      const name = clean(change.name ?? found.name);
      const lifecycle = change.lifecycle ?? found.lifecycle;
      await recorder.commit(
        [
          {
            sql: "update experiment set name = ?, lifecycle = ?, updated_ms = ? where id = ?",
            params: [name, lifecycle, clock.nowMs(), Number(id)],
            exists: { noun: "experiment", name },
          },
        ],
        [
          {
            action: "experiment.changed",
            subject: { type: "experiment", id },
            project: found.project,
            actor: caller.actor,
            payload: { name, lifecycle, nameBefore: found.name, lifecycleBefore: found.lifecycle },
          },
        ],
      );
      store.events.emit("changed", { project: found.project, kind: "experiment", id });
    },
  };
}
