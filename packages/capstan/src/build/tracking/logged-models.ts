import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Store } from "../../base/record/store.ts";
import { insert, type Statement, statement } from "../../base/storage/database.ts";
import type { FullLoggedModel, LoggedModel, LoggedModelStatus } from "./model.ts";
import { inParts, insertMany, listOf, type LoggedModelRow, loggedModelOf } from "./rows.ts";
import { cleanTexts } from "./rules.ts";
import { createLoggedModelSearch } from "./search/logged-model-search.ts";

export type NewLoggedModel = {
  project: string;
  experimentId: string;
  name: string;
  modelType?: string | undefined;
  sourceRunId?: string | undefined;
  params: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Given the new id, where its files are. */
  locationOf(id: string): string;
};

const put = (table: "param" | "tag", model: LoggedModel, texts: Readonly<Record<string, string>>): Statement[] =>
  insertMany(
    `logged_model_${table}`,
    ["project", "model_id", "key", "value"],
    Object.entries(texts).map(([key, value]) => [model.project, model.id, key, value]),
    `on conflict (model_id, key) do update set value = excluded.value${table === "param" ? " where logged_model_param.value = excluded.value" : ""}`,
    table === "param" ? { noun: "param", name: model.id } : undefined,
  );

/** Models that runs logged. Making, finishing and deleting one is an entry; a param keeps its first value. */
export function createLoggedModels(store: Store) {
  const { database, recorder, clock, ids } = store;
  const tell = (model: LoggedModel): void => store.events.emit("changed", { project: model.project, kind: "logged-model", id: model.id });
  const touch = (model: LoggedModel): Statement => ({
    sql: "update logged_model set updated_ms = ? where id = ? and lifecycle = 'active'",
    params: [clock.nowMs(), model.id],
    guard: { rows: 1, noun: "logged model", name: model.id },
  });

  async function find(id: string): Promise<LoggedModel | undefined> {
    const row = await database.find<LoggedModelRow>("select * from logged_model where id = ?", [id]);
    return row && loggedModelOf(row);
  }
  /** One that is not deleted. */
  async function get(id: string): Promise<LoggedModel> {
    const found = await find(id);
    if (!found || found.lifecycle === "deleted") throw new CapstanError("CAP-NOT-FOUND-001", { noun: "logged model", name: id });
    return found;
  }

  async function filled(models: readonly LoggedModel[]): Promise<FullLoggedModel[]> {
    const full = new Map(models.map((one): [string, FullLoggedModel] => [one.id, { ...one, params: {}, tags: {}, metrics: [] }]));
    await inParts([...full.keys()], async (part) => {
      const list = listOf(part);
      const texts = (table: "param" | "tag") =>
        database.all<{ model_id: string; key: string; value: string }>(
          `select model_id, key, value from logged_model_${table} where model_id in ${list.sql} order by key`,
          list.params,
        );
      for (const row of await texts("param")) (full.get(row.model_id) as FullLoggedModel).params[row.key] = row.value;
      for (const row of await texts("tag")) (full.get(row.model_id) as FullLoggedModel).tags[row.key] = row.value;
      type MetricRow = {
        model_id: string;
        run_id: string;
        key: string;
        step: number;
        time_ms: number;
        value: number;
        is_nan: number;
        dataset_name: string;
        dataset_digest: string;
      };
      for (const row of await database.all<MetricRow>(
        `select model_id, run_id, key, step, time_ms, value, is_nan, dataset_name, dataset_digest from logged_model_metric where model_id in ${list.sql} order by key, time_ms, step`,
        list.params,
      ))
        full.get(row.model_id)?.metrics.push({
          modelId: row.model_id,
          runId: row.run_id,
          key: row.key,
          step: row.step,
          timeMs: row.time_ms,
          value: row.is_nan === 1 ? NaN : row.value,
          dataset: row.dataset_name === "" ? null : { name: row.dataset_name, digest: row.dataset_digest },
        });
    });
    return [...full.values()];
  }
  const search = createLoggedModelSearch(database);

  /** With its entry. */
  async function decide(
    model: LoggedModel,
    change: Statement,
    action: string,
    payload: Record<string, string | null>,
    caller: Caller,
  ): Promise<void> {
    const [full] = await filled([model]);
    await recorder.commit(
      [change],
      [
        {
          action,
          subject: { type: "logged-model", id: model.id },
          project: model.project,
          actor: caller.actor,
          payload: { name: model.name, params: digestOfJson(full?.params ?? {}), ...payload },
          ...(caller.because !== undefined && { because: caller.because }),
        },
      ],
    );
    tell(model);
  }

  return {
    find,
    get,
    /** All of an experiment, deleted ones too. */
    async ofExperiment(project: string, experimentId: string): Promise<FullLoggedModel[]> {
      const rows = await database.all<LoggedModelRow>("select * from logged_model where project = ? and experiment_id = ? order by id", [
        project,
        Number(experimentId),
      ]);
      return filled(rows.map(loggedModelOf));
    },
    /** Deleted ones too. */
    async findFull(id: string): Promise<FullLoggedModel | undefined> {
      const found = await find(id);
      return found && (await filled([found]))[0];
    },
    getFull: async (id: string): Promise<FullLoggedModel> => (await filled([await get(id)]))[0] as FullLoggedModel,
    /** Those of these ids that are not deleted. */
    async byId(modelIds: readonly string[]): Promise<FullLoggedModel[]> {
      const rows: LoggedModelRow[] = [];
      await inParts(modelIds, async (part) => {
        const list = listOf(part);
        rows.push(
          ...(await database.all<LoggedModelRow>(
            `select * from logged_model where id in ${list.sql} and lifecycle = 'active'`,
            list.params,
          )),
        );
      });
      return filled(rows.map(loggedModelOf));
    },
    async search(asked: Parameters<typeof search>[0]): Promise<{ models: FullLoggedModel[]; next: string | undefined }> {
      const { models, next } = await search(asked);
      return { models: await filled(models), next };
    },

    async create(one: NewLoggedModel, caller: Caller): Promise<FullLoggedModel> {
      const id = `m-${ids.hex()}`;
      const nowMs = clock.nowMs();
      const model: LoggedModel = {
        id,
        project: one.project,
        experimentId: one.experimentId,
        name: one.name,
        modelType: one.modelType ?? null,
        sourceRunId: one.sourceRunId ?? null,
        status: "PENDING",
        artifactLocation: one.locationOf(id),
        lifecycle: "active",
        createdMs: nowMs,
        updatedMs: nowMs,
      };
      const [params, tags] = [cleanTexts(one.params), cleanTexts(one.tags)];
      const source =
        model.sourceRunId === null
          ? undefined
          : await database.find<{ name: string; kind: string; step: string | null }>("select name, kind, step from run where id = ?", [
              model.sourceRunId,
            ]);
      const sourceNode = `run:${model.sourceRunId ?? ""}`;
      await recorder.commit(
        [
          insert("logged_model", {
            id,
            project: model.project,
            experiment_id: Number(model.experimentId),
            name: model.name,
            model_type: model.modelType,
            source_run_id: model.sourceRunId,
            status: model.status,
            artifact_location: model.artifactLocation,
            lifecycle: model.lifecycle,
            created_ms: nowMs,
            updated_ms: nowMs,
          }),
          ...put("param", model, params),
          ...put("tag", model, tags),
          ...recorder.lineage(
            [
              {
                id: `logged-model:${id}`,
                kind: "logged-model",
                title: model.name,
                digest: null,
                facts: { experiment: model.experimentId },
              },
              ...(source
                ? [
                    {
                      id: sourceNode,
                      kind: "run",
                      title: source.step ?? source.name,
                      digest: null,
                      facts: { kind: source.kind, name: source.name },
                    },
                  ]
                : []),
            ],
            source ? [{ from: `logged-model:${id}`, to: sourceNode, relation: "made-by" }] : [],
            model.project,
          ),
        ],
        [
          {
            action: "logged-model.created",
            subject: { type: "logged-model", id },
            project: model.project,
            actor: caller.actor,
            payload: { name: model.name, experiment: model.experimentId, run: model.sourceRunId, params: digestOfJson(params) },
            ...(caller.because !== undefined && { because: caller.because }),
          },
        ],
      );
      tell(model);
      return { ...model, params, tags, metrics: [] };
    },
    async finalize(id: string, status: LoggedModelStatus, caller: Caller): Promise<void> {
      const model = await get(id);
      if (model.status === status) return;
      await decide(
        model,
        {
          ...touch(model),
          sql: "update logged_model set status = ?, updated_ms = ? where id = ? and lifecycle = 'active'",
          params: [status, clock.nowMs(), id],
        },
        "logged-model.finalized",
        { status },
        caller,
      );
    },
    /** Kept, hidden. */
    async remove(id: string, caller: Caller): Promise<void> {
      const model = await get(id);
      await decide(
        model,
        { ...touch(model), sql: "update logged_model set lifecycle = 'deleted', updated_ms = ? where id = ? and lifecycle = 'active'" },
        "logged-model.deleted",
        {},
        caller,
      );
    },
    async logParams(id: string, params: Readonly<Record<string, string>>): Promise<void> {
      const model = await get(id);
      try {
        await database.commit([touch(model), ...put("param", model, cleanTexts(params))]);
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001" && error.params["noun"] === "param")) throw error;
        const [full] = await filled([model]);
        const key = Object.keys(params).find((name) => full?.params[name] !== undefined && full.params[name] !== params[name]) ?? "";
        throw new CapstanError("CAP-TRACK-001", { run: id, key, old: full?.params[key] ?? "", new: params[key] ?? "" });
      }
      tell(model);
    },
    async setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void> {
      const model = await get(id);
      await database.commit([touch(model), ...put("tag", model, cleanTexts(tags))]);
      tell(model);
    },
    async removeTag(id: string, key: string): Promise<void> {
      const model = await get(id);
      const [full] = await filled([model]);
      if (full?.tags[key] === undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "tag", name: key });
      await database.commit([touch(model), statement("delete from logged_model_tag where model_id = ? and key = ?", id, key)]);
      tell(model);
    },
  };
}
