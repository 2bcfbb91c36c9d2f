import type { Log } from "../../../base/foundation/log.ts";
import type { Database, Row } from "../../../base/storage/database.ts";
import type { RunKind } from "../model.ts";
import { inParts, listOf } from "../rows.ts";
import { tooManyBlocks } from "../step-values.ts";
import {
  type Accepted,
  type Answer,
  columnOf,
  type Groups,
  type GroupsAsked,
  orderSteps,
  type Question,
  type Said,
  unanswerable,
} from "./columns/question.ts";
import { searchThread } from "./columns/search-thread.ts";
import { afterOf, fingerprint, pageOf, tokenOf } from "./compile.ts";
import { createRunStatement, type SearchedExperiment } from "./run-statement.ts";
import {
  type Condition,
  leavesOf,
  listText,
  nullableText,
  numbers,
  type Order,
  stepOf,
  typedFilter,
  typedOrders,
  type Vocabulary,
} from "./vocabulary.ts";

export const runVocabulary: Vocabulary = {
  entities: {
    metric: "metric",
    metrics: "metric",
    param: "param",
    params: "param",
    parameter: "param",
    parameters: "param",
    tag: "tag",
    tags: "tag",
    attribute: "attribute",
    attributes: "attribute",
    attr: "attribute",
    run: "attribute",
    dataset: "dataset",
    datasets: "dataset",
  },
  open: { metric: numbers, param: nullableText, tag: nullableText },
  closed: {
    attribute: {
      run_id: listText,
      run_name: listText,
      "run name": { ...listText, as: "run_name" },
      "Run name": { ...listText, as: "run_name" },
      "Run Name": { ...listText, as: "run_name" },
      user_id: listText,
      status: listText,
      artifact_uri: listText,
      start_time: numbers,
      created: { ...numbers, as: "start_time" },
      Created: { ...numbers, as: "start_time" },
      end_time: numbers,
    },
    dataset: { name: listText, digest: listText, context: listText },
  },
  unordered: ["dataset"],
};

export type RunSearch = {
  experimentIds: readonly string[];
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  lifecycle: "active" | "deleted" | "all";
  limit: number;
  /** Whether to count all that the filter finds. */
  total?: boolean | undefined;
  pageToken?: string | undefined;
  /** Any of them; all that there are when absent. */
  projects?: readonly string[] | undefined;
  kinds: readonly RunKind[];
  /** Where experiments without a place of their own keep artifacts. */
  artifactRoot: string;
};

/** Runs by comparisons and orders that are typed already: what the table of runs asks. */
export type TypedSearch = {
  experimentIds: readonly string[];
  projects: readonly string[];
  kinds: readonly RunKind[];
  lifecycle: "active" | "deleted";
  filter: readonly Condition[];
  order: readonly Order[];
};

/** Ids of the runs of a page, in order. */
export type RunPage = { ids: string[]; next: string | undefined; total: number | undefined };

const asksForSteps = ({ filter, order, groups }: Question): boolean =>
  [...leavesOf(filter), ...order, ...(groups?.metrics ?? [])].some((one) => stepOf(one.statistic) !== undefined);

/** Numbers of experiments are used again when the last one is erased: when it was made tells them apart. */
function asPlace({ id, lifecycle, created_ms, runs_left }: SearchedExperiment, asked: Accepted): Question["experiments"] {
  const state = `${created_ms} ${runs_left}`;
  if (lifecycle !== "deleted") return [{ id, state, accepted: asked }];
  return asked === "active" ? [] : [{ id, state, accepted: "all" }];
}

/** Below so many runs the statement answers at once, and no thread is started for them. */
const fewRuns = 1000;
/** Of what the thread for values at a step holds. */
const stepShare = 1 / 4;
/** Columns are forgotten, those that were not used for longest first, before they take more than this. */
export const searchMemoryBytes = 512 << 20;

/**
 * Runs that a filter asks for, in an order, a page at a time. Among many runs columns in a thread of their own answer (`columns/`); where they cannot, and
 * among few, one statement does. Both give the same answers and the same tokens.
 */
export function createRunSearch(
  database: Database,
  log: Log,
  options: { fewRuns?: number; memoryBytes?: number; stepBlocks?: number } = {},
) {
  const statement = createRunStatement(database.dialect);
  const thread = database.source && searchThread(database.source, options.memoryBytes ?? searchMemoryBytes);
  // Reading curves takes seconds the first time, which holds up no other search.
  const stepThread = database.source && searchThread(database.source, (options.memoryBytes ?? searchMemoryBytes) * stepShare);
  const few = options.fewRuns ?? fewRuns;

  async function experimentsOf(search: { experimentIds: readonly string[] }): Promise<SearchedExperiment[]> {
    const found: SearchedExperiment[] = [];
    await inParts([...new Set(search.experimentIds.map(Number))], async (part) => {
      const ids = listOf(part);
      found.push(
        ...(await database.all<SearchedExperiment>(
          `select id, lifecycle, created_ms, runs_left from experiment where id in ${ids.sql}`,
          ids.params,
        )),
      );
    });
    return found;
  }

  async function areMany(experiments: readonly SearchedExperiment[]): Promise<boolean> {
    const ids = listOf(experiments.map((one) => one.id));
    const found = await database.find<{ n: number }>(
      `select count(*) as n from (select 1 from run where experiment_id in ${ids.sql} limit ${few + 1}) as counted`,
      ids.params,
    );
    return (found?.n ?? 0) > few;
  }

  /** What columns answer; undefined when the statement has to. */
  async function byColumns(question: Question, experiments: readonly SearchedExperiment[]): Promise<Answer | undefined> {
    if (!thread || unanswerable(question.filter, question.order, database.dialect) !== undefined) return undefined;
    // The newest runs of one experiment lie in the order of an index.
    const [first, second] = question.order;
    const isNewest = first?.key === "start_time" && first.descending && second?.key === "run_id" && !second.descending;
    const inIndex = isNewest && question.filter.length === 0 && experiments.length === 1 && question.experiments[0]?.accepted === "active";
    if ((inIndex && !question.total) || !(await areMany(experiments))) return undefined;
    let said: Said;
    try {
      said = await (asksForSteps(question) ? (stepThread ?? thread) : thread).ask(question);
    } catch (error) {
      log.warn("search.columns", { error: String(error) });
      return undefined;
    }
    if ("refused" in said) throw tooManyBlocks(said.refused.key, said.refused.step);
    return "unanswered" in said ? undefined : said;
  }

  /** Columns are asked, or the answer is undefined. */
  async function typed(search: TypedSearch, more: Pick<Question, "groups" | "packed"> & { limit?: number }): Promise<Answer | undefined> {
    const experiments = search.experimentIds.length === 0 ? [] : await experimentsOf(search);
    if (experiments.length === 0) return undefined;
    return byColumns(
      {
        experiments: experiments.flatMap((one) => asPlace(one, search.lifecycle)),
        kinds: search.kinds,
        projects: search.projects,
        filter: search.filter,
        order: orderSteps(search.order),
        after: undefined,
        limit: Number.MAX_SAFE_INTEGER,
        total: true,
        ...(options.stepBlocks !== undefined && { stepBlocks: options.stepBlocks }),
        ...more,
      },
      experiments,
    );
  }

  return {
    /**
     * Ids of runs that are found, in order, sixteen bytes each, and how many there are: all ids of at most `wholeUpTo` runs, else the first `limit`.
     * Undefined where a statement has to answer.
     */
    async ids(search: TypedSearch, { limit, wholeUpTo }: { limit: number; wholeUpTo: number }) {
      const found = await typed(search, { limit, packed: { wholeUpTo } });
      return found?.packed && { ids: found.packed, total: found.total ?? 0 };
    },
    /** All runs that are found, put together; undefined where statements have to answer. */
    groups: async (search: TypedSearch, groups: GroupsAsked): Promise<Groups | undefined> =>
      columnOf(groups.by) === undefined && groups.by.key !== "experiment" ? undefined : (await typed(search, { groups }))?.groups,
    async search(search: RunSearch): Promise<RunPage> {
      const filter = typedFilter(search.filter ?? "", runVocabulary);
      const steps = orderSteps(typedOrders(search.orderBy ?? [], runVocabulary));
      const order = statement.ordered(steps, search.artifactRoot);
      const fingerprinted = fingerprint([[...search.experimentIds].sort(), search.filter ?? "", search.orderBy ?? [], search.lifecycle]);
      const after = search.pageToken ? afterOf(search.pageToken, fingerprinted, order.parts.length) : undefined;
      const experiments = await experimentsOf(search);
      const place = statement.among(search, experiments);
      if (!place) return { ids: [], next: undefined, total: search.total ? 0 : undefined };

      const answer = await byColumns(
        {
          experiments: experiments.flatMap((one) => asPlace(one, search.lifecycle)),
          kinds: search.kinds,
          projects: search.projects,
          filter,
          order: steps,
          after,
          limit: search.limit,
          total: search.total ?? false,
        },
        experiments,
      );
      if (answer) return { ids: answer.ids, next: answer.last && tokenOf(fingerprinted, answer.last), total: answer.total };

      const asked = statement.page(place, filter, order, after, search);
      const rows = await database.all<Row & { id: string }>(asked.sql, asked.params);
      const { page, next } = pageOf(rows, search.limit, fingerprinted, order.parts);
      const count = search.total ? statement.count(place, filter, search) : undefined;
      const total = count && ((await database.find<{ n: number }>(count.sql, count.params))?.n ?? 0);
      return { ids: page.map((row) => row.id), next, total };
    },
    close: async (): Promise<void> => void (await Promise.all([thread?.close(), stepThread?.close()])),
  };
}
