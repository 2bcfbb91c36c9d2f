import { CapstanError } from "../../base/foundation/errors.ts";
import type { OperationName } from "@capstan/contract/operations";
import { table } from "./format.ts";
import type { Verb } from "./verbs.ts";

/** A noun, the operation that lists it, and the columns shown. */
const nouns: Record<string, { operation: OperationName; rows: string; columns: readonly string[] }> = {
  runs: { operation: "runs.list", rows: "runs", columns: ["id", "name", "kind", "status", "verdict", "started"] },
  data: { operation: "data.list", rows: "datasets", columns: ["dataset", "versions", "storedBytes"] },
  models: { operation: "models.list", rows: "models", columns: ["model", "latest", "live", "versions"] },
  releases: { operation: "releases.list", rows: "releases", columns: ["release", "route", "from", "to", "state", "because"] },
  routes: { operation: "routes.list", rows: "routes", columns: ["route", "epoch", "requests"] },
  monitors: { operation: "monitors.list", rows: "monitors", columns: ["monitor", "route", "verdict", "windows"] },
  alerts: { operation: "alerts.list", rows: "alerts", columns: ["id", "title", "state", "openedAt"] },
  incidents: { operation: "incidents.list", rows: "incidents", columns: ["incident", "title", "severity", "state"] },
  entries: { operation: "record.entries", rows: "entries", columns: ["index", "at", "action", "sentence"] },
  checks: { operation: "checks.list", rows: "sets", columns: ["id", "suite", "subject", "verdict"] },
  reviews: { operation: "governance.reviews", rows: "reviews", columns: ["dossier", "model", "version", "state", "verdict"] },
  jobs: { operation: "jobs.list", rows: "jobs", columns: ["id", "kind", "state", "attempts", "due", "error"] },
};

export const verb: Verb = {
  text: `Lists one noun: ${Object.keys(nouns).join(", ")}.`,
  usage: "list NOUN [--limit N]",
  mostWords: 1,
  examples: ["list runs", "list entries --limit 20"],
  flags: { limit: { type: "string", text: "rows; 50" } },
  async run(context) {
    const [word = ""] = context.words;
    const noun = nouns[word];
    if (!noun) throw new CapstanError("CAP-USAGE-001", { problem: `list what? ${Object.keys(nouns).join(", ")}`, verb: "list" });
    // What is served is known by who serves.
    const connection = word === "routes" ? await context.write() : await context.read();
    const answer = (await connection.call(noun.operation, {
      project: context.place().project,
      limit: Number(context.text("limit") ?? 50),
    } as never)) as Record<string, unknown>;
    context.out.document(answer);
    const rows = (answer[noun.rows] ?? []) as Record<string, unknown>[];
    const cell = (value: unknown): string =>
      value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
    for (const line of table([[...noun.columns], ...rows.map((row) => noun.columns.map((column) => cell(row[column])))], ""))
      context.out.result(line);
    return 0;
  },
};
