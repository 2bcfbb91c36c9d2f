import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire } from "../../../testing/mlflow-wire.ts";
import { mlflowRoutes } from "./routes.ts";

let wire: MlflowWire;
beforeAll(async () => {
  wire = await openMlflowWire();
});
afterAll(() => wire.close());

const fields = [
  ...[
    "run_id",
    "experiment_id",
    "name",
    "key",
    "value",
    "timestamp",
    "step",
    "status",
    "metrics",
    "params",
    "tags",
    "datasets",
    "models",
    "filter",
  ],
  ...[
    "order_by",
    "max_results",
    "page_token",
    "experiment_ids",
    "run_ids",
    "metric_key",
    "path",
    "records",
    "model_json",
    "query",
    "version",
  ],
];
const values = [
  null,
  true,
  "",
  "0",
  "\u0000",
  "\ud800",
  "x".repeat(20_000),
  -1,
  1e308,
  2 ** 53,
  [],
  [null],
  [[]],
  [1],
  {},
  [{}],
  { key: { key: 1 } },
  "__proto__",
];

test("no message, however wrong, is answered as our own failure", async () => {
  const run = (await wire.post("runs/create", { experiment_id: "0" })).body.run.info.run_id as string;
  const routes = mlflowRoutes({ tracking: wire.tracking, store: wire.store, home: "default" }).filter(
    (one) => one.takes === "message" && (one.path.startsWith("/api/") || !one.path.startsWith("/ajax-api/")),
  );
  const wrong: string[] = [];
  for (const route of routes) {
    const path = route.path.replace(/\{[^}]+\}/g, "x");
    const ask = async (body: string): Promise<void> => {
      const reply = await wire.send(
        route.method === "GET" ? "GET" : route.method,
        route.method === "GET" ? `${path}?${query(body)}` : path,
        route.method === "GET" ? undefined : body,
      );
      if (reply.status >= 500) wrong.push(`${route.method} ${path} ${body.slice(0, 100)}: ${reply.text.slice(0, 200)}`);
    };
    for (const [i, value] of values.entries()) {
      const all = Object.fromEntries(fields.map((name) => [name, value]));
      await ask(JSON.stringify(all));
      // With ids that exist, the rest is looked at.
      await ask(
        JSON.stringify({
          ...all,
          run_id: run,
          experiment_id: "0",
          experiment_ids: ["0"],
          run_ids: [run],
          key: "k",
          name: "n",
          [fields[i] ?? "key"]: value,
        }),
      );
    }
    await ask('{"__proto__":{"run_id":"x"},"constructor":{"prototype":{}}}');
    if (route.method !== "GET") for (const body of ["[".repeat(20_000), '"\\"x\\""', "7", '{"a":1', "\ufeff{}"]) await ask(body);
  }
  expect(wrong).toEqual([]);
}, 120_000);

const query = (body: string): string =>
  new URLSearchParams(
    Object.entries(JSON.parse(body) as object).map(([key, value]) => [
      key,
      String(typeof value === "object" ? JSON.stringify(value) : value).slice(0, 500),
    ]),
  ).toString();
