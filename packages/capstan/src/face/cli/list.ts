import type { OperationName } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import type { Context } from "./context.ts";
import { table } from "./format.ts";
import { type Filter, find, FilterError, readFilter } from "./list/row-filter.ts";
import type { Verb } from "./verbs.ts";

/** A noun, the operation that lists it, and the columns shown. `all`: what makes it tell closed ones, too. */
type Noun = { operation: OperationName; rows: string; columns: readonly string[]; all?: Readonly<Record<string, string>> };
const nouns: Readonly<Record<string, Noun>> = {
  runs: { operation: "runs.list", rows: "runs", columns: ["id", "name", "kind", "status", "verdict", "started"] },
  data: { operation: "data.list", rows: "datasets", columns: ["dataset", "versions", "storedBytes"] },
  models: { operation: "models.list", rows: "models", columns: ["model", "latest", "live", "versions"] },
  releases: { operation: "releases.list", rows: "releases", columns: ["release", "route", "from", "to", "state", "because"] },
  routes: { operation: "routes.list", rows: "routes", columns: ["route", "epoch", "requests"] },
  predictions: {
    operation: "predictions.list",
    rows: "predictions",
    columns: ["observedAt", "key", "version", "use", "outputs", "label.value"],
  },
  monitors: { operation: "monitors.list", rows: "monitors", columns: ["monitor", "route", "verdict", "windows"] },
  alerts: { operation: "alerts.list", rows: "alerts", columns: ["id", "title", "state", "openedAt"], all: { state: "all" } },
  incidents: { operation: "incidents.list", rows: "incidents", columns: ["incident", "title", "severity", "state"] },
  entries: { operation: "record.entries", rows: "entries", columns: ["index", "at", "action", "sentence"] },
  checks: { operation: "checks.list", rows: "sets", columns: ["id", "suite", "subject", "verdict"] },
  reviews: { operation: "governance.reviews", rows: "reviews", columns: ["dossier", "model", "version", "state", "verdict"] },
  jobs: { operation: "jobs.list", rows: "jobs", columns: ["id", "kind", "state", "attempts", "due", "error"] },
};

type Row = Record<string, unknown>;
/** A filter that hardly fits anything looks through so many rows and no more; it says so. */
const mostRows = 20_000;

export const verb: Verb = {
  text: `Lists one noun: ${Object.keys(nouns).join(", ")}.`,
  usage: "list NOUN [FILTER] [--sort [-]COLUMN] [--columns A,B] [--limit N]",
  mostWords: 2,
  examples: [
    "list runs",
    "list runs 'kind = step AND metrics.auc > 0.7' --sort -metrics.auc --columns id,name,metrics.auc",
    "list entries 'action = alert.opened AND at >= -7d'",
    "list predictions 'key = 1234' --route late-arrival",
  ],
  flags: {
    limit: { type: "string", text: "rows; 50" },
    sort: { type: "string", dashed: true, text: "a column; with - before it the greatest first" },
    columns: { type: "string", text: "what is shown, with commas between; metrics.auc reaches into a member" },
    route: { type: "string", text: "of predictions; needless with one route" },
  },
  async run(context) {
    const [word = "", text = ""] = context.words;
    const noun = Object.hasOwn(nouns, word) ? nouns[word] : undefined;
    if (!noun) throw new CapstanError("CAP-USAGE-001", { problem: `list what? ${Object.keys(nouns).join(", ")}`, verb: "list" });
    const limit = Number(context.text("limit") ?? 50);
    if (!Number.isInteger(limit) || limit < 1)
      throw new CapstanError("CAP-USAGE-001", { problem: `--limit ${context.text("limit")}: a whole number from 1`, verb: "list" });
    const filter = filterOf(text);
    const sort = context.text("sort");
    // What is served is known by who serves.
    const connection = word === "routes" || word === "predictions" ? await context.write() : await context.read();
    const more = word === "predictions" ? { route: await routeOf(context, connection) } : text === "" ? {} : (noun.all ?? {});
    const found = await rowsOf(
      connection,
      noun,
      { project: context.place().project, ...more },
      filter,
      sort === undefined ? limit : mostRows,
      text !== "",
    );
    const rows = (sort === undefined ? found.rows : sorted(found.rows, sort)).slice(0, limit);

    const columns = context.text("columns")?.split(",").filter(Boolean) ?? noun.columns;
    context.out.document({ ...found.answer, [noun.rows]: rows });
    const cell = (value: unknown): string =>
      value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
    for (const line of table([[...columns], ...rows.map((row) => columns.map((column) => cell(find(row, column))))], ""))
      context.out.result(line);
    if (found.stopped) context.out.talk(`looked at the newest ${mostRows} ${word}; older ones were not asked`);
    return 0;
  },
};

function filterOf(text: string): Filter {
  try {
    return readFilter(text, Date.now());
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new CapstanError("CAP-USAGE-001", { problem: `filter, character ${error.at + 1}: ${error.message}`, verb: "list" });
  }
}

/** Pages of the operation, the newest first, until enough rows fit. `answer` is its last page, so that a document keeps its other members. */
async function rowsOf(
  connection: Connection,
  noun: Noun,
  input: object,
  filter: Filter,
  wanted: number,
  filtered: boolean,
): Promise<{ rows: Row[]; answer: Row; stopped: boolean }> {
  const rows: Row[] = [];
  let cursor: unknown;
  for (let looked = 0; ;) {
    const answer = (await connection.call(noun.operation, {
      ...input,
      limit: filtered ? 500 : Math.min(wanted, 1000),
      ...(typeof cursor === "string" && { cursor }),
    } as never)) as Row;
    const page = (answer[noun.rows] ?? []) as Row[];
    rows.push(...page.filter(filter));
    looked += page.length;
    cursor = answer["cursor"] ?? answer["next"];
    const ended = typeof cursor !== "string" || page.length === 0;
    if (ended || rows.length >= wanted || looked >= mostRows) return { rows, answer, stopped: !ended && rows.length < wanted };
  }
}

/** Rows without a value stand last, whichever way. */
function sorted(rows: readonly Row[], by: string): Row[] {
  const key = by.replace(/^-/, "");
  const sign = by.startsWith("-") ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [find(a, key) ?? null, find(b, key) ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * (String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0);
  });
}

async function routeOf(context: Context, connection: Connection): Promise<string> {
  const given = context.text("route");
  if (given !== undefined) return given;
  const { routes } = await connection.call("routes.list", { project: context.place().project });
  const [only] = routes;
  if (only && routes.length === 1) return only.route;
  throw new CapstanError("CAP-USAGE-001", {
    problem: `predictions of which route? --route ${routes.map((one) => one.route).join(" or ") || "NAME"}`,
    verb: "list",
  });
}
