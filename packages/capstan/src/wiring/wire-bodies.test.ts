import fc from "fast-check";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWholeWire, type WholeWire } from "../testing/whole-wire.ts";

let wire: WholeWire;
let routes: { method: string; path: string; takes: string }[];
beforeAll(async () => {
  wire = await openWholeWire();
  routes = wire.routes.filter(
    (one) => !one.path.startsWith("/ajax-api/") || !wire.routes.some((other) => `/ajax${other.path.slice(1)}` === one.path),
  );
});
afterAll(() => wire.close());

const source = join(import.meta.dirname, "..", "build");
/** Every name of a field that the wire reads. */
const fields = [
  ...new Set(
    globSync(["tracking/{mlflow,traces}/**/*.ts", "registry/mlflow/*.ts"], { cwd: source })
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) =>
        [...readFileSync(join(source, path), "utf8").matchAll(/\b(?:[a-z]\w*)\((?:\w+|request\.input), "(\w+)"/g)].map(
          ([, name = ""]) => name,
        ),
      ),
  ),
].sort();

const odd = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "-Infinity",
    "inf",
    "null",
    "true",
    "[]",
    "{}",
    "\u0000",
    "\ud800",
    "\u202e",
    "💥",
    "__proto__",
    "constructor",
    "toString",
  ],
  ...[
    "x".repeat(9000),
    "%",
    "'",
    '"',
    "';--",
    "a = 'b'",
    "metrics.m > 1",
    "tags.a RLIKE '(a+)+$'",
    "2026-01-01T00:00:00Z",
    "12.5s",
    "models:/m/1",
    "mlflow-artifacts:/a",
  ],
];
const numbers = [0, -0, -1, 1, 0.5, 1e21, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), Number.MIN_VALUE];
const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...fields) },
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "", "key", "value"),
);
const leaf = fc.oneof(
  fc.constantFrom(...odd),
  fc.constantFrom(...numbers),
  fc.constantFrom(null, true, false),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 5, arbitrary: leaf },
    { weight: 2, arbitrary: fc.array(tie("any"), { maxLength: 3 }) },
    { weight: 3, arbitrary: fc.array(fc.tuple(names, tie("any")), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)) },
  ),
})).any;

/** JSON that keeps a member named `__proto__`, which an object of ours would not. */
const message = fc
  .array(fc.tuple(names, value), { maxLength: 8 })
  .map((pairs) => `{${pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(",")}}`);

/** Its failures have the form of the frame that MLflow serves it with. */
const otlp = "/v1/traces";
const ask = async (
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<string | undefined> => {
  const sent = { "content-type": "application/json", ...(path === otlp && { "x-mlflow-experiment-id": "0" }), ...headers };
  const request: RequestInit = {
    method,
    headers: sent,
    signal: AbortSignal.timeout(20_000),
    ...(body !== undefined && method !== "GET" && { body: body as NonNullable<RequestInit["body"]> }),
  };
  try {
    const reply = await fetch(`${wire.url}${path}`, request);
    const text = await reply.text();
    const typed = reply.headers.get("content-type")?.startsWith("application/json");
    const told =
      reply.status < 400 ||
      (typed && typeof (JSON.parse(text) as Record<string, unknown>)[path === otlp ? "detail" : "error_code"] === "string");
    return reply.status >= 500 || !told ? `${reply.status} ${text.slice(0, 300)}` : undefined;
  } catch (error) {
    return String(error);
  }
};
const fill = (path: string, by: string): string => path.replace(/\{[^}]+\}/g, () => encodeURIComponent(by.toWellFormed()) || "x");

const queryOf = (whole: string): string => {
  const pairs = Object.entries(JSON.parse(whole) as object).map(([name, one]) => [
    name,
    typeof one === "string" ? one : JSON.stringify(one),
  ]);
  const query = new URLSearchParams(pairs.map(([name = "", one = ""]) => [name.toWellFormed(), one.toWellFormed()]));
  return `?${query
    .toString()
    .slice(0, 6000)
    .replace(/%[0-9A-F]?$/, "")}`;
};

/** A run that nothing below names: it must be as it was. */
async function witness() {
  for (let i = 0; i < 60; i++) await wire.post("experiments/create", { name: `other ${i}` });
  const { experiment_id } = (await wire.post("experiments/create", { name: "witness" })).body;
  const id = (await wire.post("runs/create", { experiment_id })).body.run.info.run_id as string;
  await wire.post("runs/log-batch", {
    run_id: id,
    metrics: Array.from({ length: 500 }, (_, i) => ({ key: "m", value: i, step: i, timestamp: i })),
    params: [{ key: "p", value: "1" }],
  });
  const look = async () => [
    (await wire.get(`runs/get?run_id=${id}`)).text,
    (await wire.get(`metrics/get-history?run_id=${id}&metric_key=m`)).text,
  ];
  return { look, before: await look() };
}

test(
  "no message of any route, whatever is in it, is our failure, hangs, or touches what it does not name",
  { timeout: 240_000 },
  async () => {
    expect(fields.length).toBeGreaterThan(100);
    expect(routes.length).toBeGreaterThan(120);
    const { look, before } = await witness();
    const { run } = (await wire.post("runs/create", {})).body;
    await wire.post("registered-models/create", { name: "m" });
    await wire.post("model-versions/create", { name: "m", source: "mlflow-artifacts:/x" });
    const { model } = (await wire.post("logged-models", { experiment_id: "0", name: "m" })).body;
    /** What exists, so that the rest of a message is looked at. */
    const known = {
      run_id: run.info.run_id,
      experiment_id: "0",
      experiment_ids: ["0"],
      run_ids: [run.info.run_id],
      name: "m",
      version: "1",
      key: "k",
      model_id: model.info.model_id,
      metric_key: "m",
      max_results: 5,
    };
    const wrong: string[] = [];
    const bys = fc.oneof(fc.constantFrom(run.info.run_id as string, model.info.model_id as string, "m", "1"), leaf.map(String));
    for (const [i, { method, path }] of routes.entries()) {
      const samples = fc.sample(fc.tuple(message, bys, fc.boolean()), { seed: i, numRuns: 24 });
      // All at once: what two of them do to each other is no failure of ours, either.
      await Promise.all(
        samples.map(async ([text, by, usual], j) => {
          const whole = usual ? `${JSON.stringify(known).slice(0, -1)}${text === "{}" ? "" : ","}${text.slice(1)}` : text;
          // Longer than any server takes a line is another matter.
          const target = fill(path, by.slice(0, 500)) + (method === "GET" ? queryOf(whole) : "");
          const problem = await ask(method, target, whole);
          if (problem !== undefined) wrong.push(`${method} ${path} (seed ${i}, ${j}) ${whole.slice(0, 300)}: ${problem}`);
        }),
      );
      if (wrong.length > 5) break;
    }
    expect(wrong).toEqual([]);
    expect(await look()).toEqual(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
  },
);

test("no bytes that are no message are our failure", { timeout: 120_000 }, async () => {
  const bodies: [string | Uint8Array, Record<string, string>?][] = [
    [""],
    [" \n"],
    ["null"],
    ["[]"],
    ['"{}"'],
    ['"\\"{}\\""'],
    ["{".repeat(50_000)],
    [`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`],
    [`{"filter":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
    ['{"a":1}{"a":2}'],
    ['{"key":"a","key":"b","key":1}'],
    ['{"value":NaN,"timestamp":Infinity}'],
    ['{"value":1e999,"step":-1e999}'],
    ["\ufeff{}"],
    [Buffer.from('{"name":"x"}', "utf16le")],
    [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    [Buffer.from('{"name":"\u0000"}')],
    [gzipSync('{"name":"x"}'), { "content-encoding": "gzip" }],
    ["not gzip", { "content-encoding": "gzip" }],
    ["{}", { "content-type": "text/plain" }],
    ["{}", { "content-type": "application/json; charset=utf-16" }],
    ["{}", { "content-type": "application/x-protobuf" }],
    [Buffer.from([10, 255, 255, 255, 255, 15]), { "content-type": "application/x-protobuf", "x-mlflow-experiment-id": "0" }],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz","spanId":1,"startTimeUnixNano":"-1e9"}]}]}]}',
      { "x-mlflow-experiment-id": "0" },
    ],
    [`{"name":"${"x".repeat(2_000_000)}"}`],
  ];
  const wrong: string[] = [];
  for (const { method, path } of routes)
    await Promise.all(
      bodies.map(async ([body, headers]) => {
        const problem = await ask(method, fill(path, "x"), body, headers);
        const shown = `${Buffer.from(body).subarray(0, 60).toString()} ${JSON.stringify(headers ?? {})}`;
        if (problem !== undefined) wrong.push(`${method} ${path} ${shown}: ${problem}`);
      }),
    );
  expect(wrong).toEqual([]);
});
