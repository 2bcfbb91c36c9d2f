import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { Store } from "../../../base/record/store.ts";
import { type Change, insert, type SqlValue, statement } from "../../../base/storage/database.ts";
import { inParts, insertMany, listOf } from "../rows.ts";
import { recordSchema } from "./record-schema.ts";
import { clean, cleanTexts } from "../rules.ts";
import { bytewise, compared, type OrderPart, type Sql, sql } from "../search/compile.ts";
import { among, searchPage } from "../search/page.ts";
import { numbers, textWord, typedFilter, typedOrders, type Vocabulary } from "../search/vocabulary.ts";

export type EvaluationDataset = {
  id: string;
  project: string;
  name: string;
  schema: string | null;
  profile: string | null;
  createdMs: number;
  updatedMs: number;
  createdBy: string | null;
  updatedBy: string | null;
  tags: Record<string, string>;
  experimentIds: string[];
};
/** What a record holds beside its inputs; the inputs are what it is known by. */
export type RecordContent = { inputs: Json; expectations?: Json; outputs?: Json; tags?: Json; source?: Json };
export type EvaluationRecord = {
  id: string;
  content: RecordContent;
  createdMs: number;
  updatedMs: number;
  createdBy: string | null;
  updatedBy: string | null;
};
export type DatasetSearch = {
  experimentIds: readonly string[];
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  limit: number;
  pageToken?: string | undefined;
  projects?: readonly string[] | undefined;
};

type DatasetRow = {
  id: string;
  project: string;
  name: string;
  schema_text: string | null;
  profile: string | null;
  created_ms: number;
  updated_ms: number;
  created_by: string | null;
  updated_by: string | null;
};
const columns: Readonly<Record<string, string>> = {
  name: "d.name",
  dataset_id: "d.id",
  created_time: "d.created_ms",
  last_update_time: "d.updated_ms",
  created_by: "d.created_by",
  last_updated_by: "d.updated_by",
};
const vocabulary: Vocabulary = {
  entities: { attribute: "attribute", attributes: "attribute", tag: "tag", tags: "tag" },
  open: { tag: textWord },
  closed: {
    attribute: {
      name: textWord,
      dataset_id: textWord,
      created_by: textWord,
      last_updated_by: textWord,
      created_time: numbers,
      last_update_time: numbers,
    },
  },
  unordered: ["tag"],
};
const objectOf = (value: Json | undefined): Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};

/** Evaluation datasets: questions, what is expected, and where they came from; shared by experiments. */
export function createEvaluationDatasets(store: Store) {
  const { database, recorder, clock, ids } = store;

  async function filled(rows: readonly DatasetRow[]): Promise<EvaluationDataset[]> {
    const found = new Map(
      rows.map((row): [string, EvaluationDataset] => [
        row.id,
        {
          id: row.id,
          project: row.project,
          name: row.name,
          schema: row.schema_text,
          profile: row.profile,
          createdMs: row.created_ms,
          updatedMs: row.updated_ms,
          createdBy: row.created_by,
          updatedBy: row.updated_by,
          tags: {},
          experimentIds: [],
        },
      ]),
    );
    await inParts([...found.keys()], async (part) => {
      const list = listOf(part);
      for (const row of await database.all<{ dataset_id: string; key: string; value: string }>(
        `select dataset_id, key, value from evaluation_dataset_tag where dataset_id in ${list.sql} order by key`,
        list.params,
      ))
        (found.get(row.dataset_id) as EvaluationDataset).tags[row.key] = row.value;
      for (const row of await database.all<{ dataset_id: string; experiment_id: number }>(
        `select dataset_id, experiment_id from evaluation_dataset_experiment where dataset_id in ${list.sql} order by experiment_id`,
        list.params,
      ))
        found.get(row.dataset_id)?.experimentIds.push(String(row.experiment_id));
    });
    return [...found.values()];
  }
  async function find(id: string): Promise<EvaluationDataset | undefined> {
    const row = await database.find<DatasetRow>("select * from evaluation_dataset where id = ?", [id]);
    return row && (await filled([row]))[0];
  }
  async function get(id: string): Promise<EvaluationDataset> {
    const found = await find(id);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "evaluation dataset", name: id });
    return found;
  }
  const touched = (id: string, by: string | null = null) =>
    statement("update evaluation_dataset set updated_ms = ?, updated_by = coalesce(?, updated_by) where id = ?", clock.nowMs(), by, id);
  /** The profile says how many records there are. */
  const counted = (id: string) =>
    statement(
      `update evaluation_dataset set profile = '{"num_records": ' || cast((select count(*) from evaluation_record where dataset_id = ?) as TEXT) || '}' where id = ?`,
      id,
      id,
    );
  const putTags = (one: { id: string; project: string }, tags: Readonly<Record<string, string>>): Change =>
    insertMany(
      "evaluation_dataset_tag",
      ["project", "dataset_id", "key", "value"],
      Object.entries(cleanTexts(tags)).map(([key, value]): SqlValue[] => [one.project, one.id, key, value]),
      "on conflict (dataset_id, key) do update set value = excluded.value",
    );
  const putExperiments = (one: { id: string; project: string }, experimentIds: readonly string[]): Change =>
    insertMany(
      "evaluation_dataset_experiment",
      ["project", "dataset_id", "experiment_id"],
      experimentIds.map((id): SqlValue[] => [one.project, one.id, Number(id)]),
      "on conflict (dataset_id, experiment_id) do nothing",
    );
  const entry = (one: { id: string; project: string; name: string }, action: string, caller: Caller) => ({
    action,
    subject: { type: "evaluation-dataset", id: one.id },
    project: one.project,
    actor: caller.actor,
    payload: { name: one.name },
    ...(caller.because !== undefined && { because: caller.because }),
  });

  return {
    find,
    get,
    async create(
      one: {
        project: string;
        name: string;
        experimentIds: readonly string[];
        tags: Readonly<Record<string, string>>;
        schema?: string | undefined;
        profile?: string | undefined;
        by?: string | undefined;
      },
      caller: Caller,
    ): Promise<EvaluationDataset> {
      const owner = { id: `d-${ids.hex()}`, project: one.project, name: clean(one.name) };
      const nowMs = clock.nowMs();
      const by = one.by ?? one.tags["mlflow.user"] ?? null;
      await recorder.commit(
        [
          insert("evaluation_dataset", {
            ...owner,
            schema_text: one.schema ?? null,
            profile: one.profile ?? null,
            created_ms: nowMs,
            updated_ms: nowMs,
            created_by: by,
            updated_by: by,
          }),
          ...putTags(owner, one.tags),
          ...putExperiments(owner, one.experimentIds),
        ],
        [entry(owner, "evaluation-dataset.created", caller)],
      );
      return get(owner.id);
    },
    /** With its records. */
    async remove(id: string, caller: Caller): Promise<void> {
      const found = await get(id);
      await recorder.commit(
        [
          ...["evaluation_dataset_tag", "evaluation_dataset_experiment", "evaluation_record"].map((table) =>
            statement(`delete from ${table} where dataset_id = ?`, id),
          ),
          statement("delete from evaluation_dataset where id = ?", id),
        ],
        [entry(found, "evaluation-dataset.deleted", caller)],
      );
    },
    async setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void> {
      await database.commit([...putTags(await get(id), tags), touched(id)]);
    },
    async removeTag(id: string, key: string): Promise<void> {
      await get(id);
      await database.commit([statement("delete from evaluation_dataset_tag where dataset_id = ? and key = ?", id, key), touched(id)]);
    },
    async addExperiments(id: string, experimentIds: readonly string[]): Promise<void> {
      await database.commit([...putExperiments(await get(id), experimentIds), touched(id)]);
    },
    async removeExperiments(id: string, experimentIds: readonly string[]): Promise<void> {
      await get(id);
      await database.commit([
        ...experimentIds.map((one) =>
          statement("delete from evaluation_dataset_experiment where dataset_id = ? and experiment_id = ?", id, Number(one)),
        ),
        touched(id),
      ]);
    },

    /** Records with the same inputs are one: what is expected and tagged is joined, what came out is the latest. */
    async upsertRecords(
      id: string,
      contents: readonly RecordContent[],
      by: string | undefined,
    ): Promise<{ inserted: number; updated: number }> {
      const { project, schema } = await get(id);
      const merged = new Map<string, RecordContent>();
      const digests = contents.map((one) => digestOfJson(one.inputs));
      const known = new Map<string, string>();
      await inParts([...new Set(digests)], async (part) => {
        const list = listOf(part);
        for (const row of await database.all<{ id: string; inputs_digest: string; content: string }>(
          `select id, inputs_digest, content from evaluation_record where dataset_id = ? and inputs_digest in ${list.sql}`,
          [id, ...list.params],
        )) {
          known.set(row.inputs_digest, row.id);
          merged.set(row.inputs_digest, JSON.parse(row.content) as RecordContent);
        }
      });
      contents.forEach((one, i) => {
        const digest = digests[i] ?? "";
        const before = merged.get(digest);
        merged.set(digest, {
          ...before,
          ...one,
          ...((before?.expectations ?? one.expectations) !== undefined && {
            expectations: { ...objectOf(before?.expectations), ...objectOf(one.expectations) },
          }),
          ...((before?.tags ?? one.tags) !== undefined && { tags: { ...objectOf(before?.tags), ...objectOf(one.tags) } }),
        });
      });
      const nowMs = clock.nowMs();
      const rows = [...new Set(digests)].map((digest): SqlValue[] => [
        known.get(digest) ?? `dr-${ids.hex()}`,
        project,
        id,
        digest,
        JSON.stringify(merged.get(digest)),
        nowMs,
        nowMs,
        by ?? null,
        by ?? null,
      ]);
      await database.commit([
        ...insertMany(
          "evaluation_record",
          ["id", "project", "dataset_id", "inputs_digest", "content", "created_ms", "updated_ms", "created_by", "updated_by"],
          rows,
          "on conflict (dataset_id, inputs_digest) do update set content = excluded.content, updated_ms = excluded.updated_ms, updated_by = excluded.updated_by",
        ),
        statement("update evaluation_dataset set schema_text = ? where id = ?", recordSchema(schema, contents), id),
        counted(id),
        touched(id, by ?? null),
      ]);
      return { inserted: rows.length - known.size, updated: known.size };
    },
    async records(id: string, limit: number, after: string): Promise<EvaluationRecord[]> {
      type RecordRow = {
        id: string;
        content: string;
        created_ms: number;
        updated_ms: number;
        created_by: string | null;
        updated_by: string | null;
      };
      const rows = await database.all<RecordRow>(
        "select id, content, created_ms, updated_ms, created_by, updated_by from evaluation_record where dataset_id = ? and id > ? order by id limit ?",
        [id, after, limit],
      );
      return rows.map((row) => ({
        id: row.id,
        content: JSON.parse(row.content) as RecordContent,
        createdMs: row.created_ms,
        updatedMs: row.updated_ms,
        createdBy: row.created_by,
        updatedBy: row.updated_by,
      }));
    },
    async removeRecords(id: string, recordIds: readonly string[]): Promise<number> {
      await get(id);
      const committed = await database.commit([
        ...recordIds.map((one) => statement("delete from evaluation_record where dataset_id = ? and id = ? returning id", id, one)),
        counted(id),
        touched(id),
      ]);
      return committed.reduce((sum, rows) => sum + rows.length, 0);
    },
    /** What the records say, as one short name. */
    async digest(id: string): Promise<string> {
      const rows = await database.all<{ id: string; updated_ms: number }>(
        "select id, updated_ms from evaluation_record where dataset_id = ? order by id",
        [id],
      );
      return digestOfJson(rows.map((row) => [row.id, row.updated_ms])).slice(0, 8);
    },

    async search(search: DatasetSearch): Promise<{ datasets: EvaluationDataset[]; next: string | undefined }> {
      const { dialect } = database;
      const filter = typedFilter(search.filter ?? "", vocabulary);
      const orders = typedOrders(search.orderBy?.length ? search.orderBy : ["created_time DESC"], vocabulary);
      const parts = orders.map((one): OrderPart => {
        const column = columns[one.key] ?? "d.id";
        return { expression: sql(one.type === "text" ? bytewise(dialect, `coalesce(${column}, '')`) : column), descending: one.descending };
      });
      parts.push({ expression: sql(bytewise(dialect, "d.id")), descending: false });
      const where: Sql[] = [
        ...filter.map((one): Sql => {
          if (one.entity === "attribute") return compared(dialect, columns[one.key] ?? "d.id", one);
          const asked = compared(dialect, "x.value", one);
          return {
            sql: `exists (select 1 from evaluation_dataset_tag x where x.dataset_id = d.id and x.key = ? and ${asked.sql})`,
            params: [one.key, ...asked.params],
          };
        }),
        ...among("d.project", search.projects),
      ];
      if (search.experimentIds.length > 0) {
        const list = listOf(search.experimentIds.map(Number));
        where.push({
          sql: `exists (select 1 from evaluation_dataset_experiment x where x.dataset_id = d.id and x.experiment_id in ${list.sql})`,
          params: list.params,
        });
      }
      const { page, next } = await searchPage<DatasetRow>(database, {
        table: "evaluation_dataset d",
        where,
        order: parts,
        question: [search.experimentIds, search.filter ?? "", search.orderBy ?? []],
        limit: search.limit,
        pageToken: search.pageToken,
      });
      return { datasets: await filled(page), next };
    },
  };
}
