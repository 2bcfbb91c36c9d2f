import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readIdentity, readProjectFile } from "./read-project-file.ts";
import { fillShell } from "./variables.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capstan-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (files: Record<string, string>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};
const read = (more: { set?: string[]; profiles?: string[] } = {}) => readProjectFile({ folder, ...more });
const told = (more: { set?: string[]; profiles?: string[] } = {}) =>
  read(more).errors.map(
    (error) => `${error.code} ${error.where?.file ?? ""}:${error.where?.line ?? ""}:${error.where?.column ?? ""} ${error.message}`,
  );

const sound = `project: flights
data: {flights: data/flights.csv}
steps:
  prepare:
    run: sh prepare.sh
    in: {flights: data:flights}
    out: {train: work/train.csv, test: work/test.csv}
    params: [window]
  train:
    run: sh train.sh --trees \${params.train.trees}
    in: {rows: step:prepare.train}
    out: work/model.txt
    params: [train]
  evaluate:
    run: [sh, evaluate.sh]
    in: [work/model.txt, work/test.csv]
    out: {metrics: work/metrics.json}
`;
const params = "window: {until: 2001-03-12}\ntrain:\n  trees: 200\n  rate: 0.1\n";

test("infers names, edges and kinds", () => {
  put({ "capstan.yaml": sound, "params.yaml": params, "data/flights.csv": "a\n" });
  const file = read();
  expect(file.errors).toEqual([]);
  expect(file.graph.order).toEqual(["prepare", "train", "evaluate"]);
  expect(file.graph.needs.get("evaluate")).toEqual(["train", "prepare"]);
  expect(file.graph.nodes.get("train")).toMatchObject({
    command: { text: "sh train.sh --trees 200", shell: "sh" },
    outputs: [{ name: "model", path: "work/model.txt", kind: "file" }],
  });
  expect(file.graph.nodes.get("evaluate")?.inputs.map((input) => [input.name, input.source])).toEqual([
    ["model", { kind: "output", step: "train", output: "model" }],
    ["test", { kind: "output", step: "prepare", output: "test" }],
  ]);
  expect(file.graph.nodes.get("evaluate")?.outputs[0]?.kind).toBe("metrics");
});

test("tells all errors at once, each with place and the nearest known word", () => {
  put({
    "capstan.yaml": `steps:
  train:
    run: python train.py
    ouputs: work/model.onnx
    resources: {mem: 4}
    timeout: 10 minutes
    retry: {max: many}
  test:
    in: {rows: step:trian.model}
checks:
  rules:
    for: data:flights
    tests:
      - {kind: rage, column: delay}
      - {kind: range, colum: delay, min: 3, max: 1}
models:
  late: {from: step:train.model, register: automatic}
`,
  });
  expect(told()).toEqual([
    "CAP-CONFIG-004 capstan.yaml:4:5 step train has no key `ouputs`: did you mean `out`?",
    "CAP-CONFIG-005 capstan.yaml:5:22 step train, resources.mem: `4` has no unit of size, such as 500MB or 4GB",
    "CAP-CONFIG-005 capstan.yaml:6:14 step train, timeout: `10 minutes` has no unit of time, such as 30s, 10min, 6h or 14d",
    "CAP-CONFIG-005 capstan.yaml:7:18 step train, retry.max: this is text, a number is wanted",
    "CAP-CONFIG-005 capstan.yaml:8:3 step test: `run` is missing",
    "CAP-CONFIG-024 capstan.yaml:14:16 `rage` is no kind of test: did you mean `range`?",
    "CAP-CONFIG-005 capstan.yaml:15:9 suite rules, tests[2]: `column` is missing",
    "CAP-CONFIG-004 capstan.yaml:15:23 suite rules, tests[2] has no key `colum`: did you mean `column`?",
    "CAP-CONFIG-006 capstan.yaml:17:44 model late, register cannot be `automatic`: did you mean `auto`?",
  ]);
  expect(read().errors.find((error) => error.code === "CAP-CONFIG-005")?.remedy).toBe("write the unit, such as `mem: 4MB`");
});

test("names lead somewhere: steps, outputs, data, models, suites, parameters, files", () => {
  put({
    "params.yaml": params,
    "capstan.yaml": `data: {flights: flights.csv}
steps:
  prepare: {run: sh a.sh, in: {f: data:flihgts}, out: {train: work/train.csv, test: work/test.csv}}
  train: {run: "sh b.sh \${params.train.treees} \${matrix.seed}", in: {rows: step:prepare.tarin, x: data/none.csv}, out: work/m, params: [trian]}
models: {late: {from: step:train.modle, gate: {suites: [quality]}}}
routes: {late: {model: latte}}
`,
  });
  expect(told()).toEqual([
    "CAP-CONFIG-007 capstan.yaml:3:35 `data:flihgts` names no dataset: did you mean `data:flights`?",
    "CAP-CONFIG-012 capstan.yaml:4:16 `${params.train.treees}` cannot stand here: no such parameter: did you mean `train.trees`?",
    "CAP-CONFIG-012 capstan.yaml:4:16 `${matrix.seed}` cannot stand here: step train has no such matrix value",
    "CAP-CONFIG-007 capstan.yaml:4:76 `step:prepare.tarin` names no output: did you mean `step:prepare.train`?",
    "CAP-CONFIG-013 capstan.yaml:4:99 data/none.csv does not exist and no step makes it",
    "CAP-CONFIG-011 capstan.yaml:4:137 `trian`: no such parameter, in params of step train: did you mean `train`?",
    "CAP-CONFIG-007 capstan.yaml:5:23 `step:train.modle` names no output",
    "CAP-CONFIG-007 capstan.yaml:5:57 `quality` names no suite",
    "CAP-CONFIG-007 capstan.yaml:6:24 `latte` names no model: did you mean `late`?",
  ]);
});

test("cycles, double writers and outputs outside the folder", () => {
  put({
    "capstan.yaml":
      "steps:\n  a: {run: x, in: work/c, out: work/a}\n  b: {run: x, in: work/a, out: work/b}\n  c: {run: x, in: work/b, out: work/c}\n",
  });
  expect(told()).toEqual(["CAP-CONFIG-008 capstan.yaml:4:19 cycle: a → b → c → a (lines 2, 3, 4)"]);
  put({
    "capstan.yaml":
      "steps:\n  a: {run: x, out: work/}\n  b: {run: x, out: work/b}\n  c: {run: x, out: ../c}\n  d: {run: x, out: .capstan/d}\n",
  });
  expect(told()).toEqual([
    "CAP-CONFIG-009 capstan.yaml:3:3 steps a and b write work and work/b in it",
    "CAP-CONFIG-017 capstan.yaml:4:20 ../c cannot be an output: it lies outside the project folder",
    "CAP-CONFIG-017 capstan.yaml:5:20 .capstan/d cannot be an output: `.capstan` belongs to Capstan",
  ]);
});

test("broken YAML: duplicate keys, tabs, merges; project and server stay readable", () => {
  put({ "capstan.yaml": "project: flights\nserver: https://capstan.example.org\nsteps:\n\ttrain: 1\n" });
  expect(told()).toEqual(["CAP-CONFIG-003 capstan.yaml:4:1 capstan.yaml is not the YAML that Capstan reads: a tab indents this line"]);
  expect(readIdentity(folder)).toEqual({ project: "flights", server: "https://capstan.example.org" });
  put({ "capstan.yaml": "project: a\nproject: b\n" });
  expect(told()).toEqual([
    "CAP-CONFIG-003 capstan.yaml:2:1 capstan.yaml is not the YAML that Capstan reads: this key stands here for the second time",
  ]);
  put({ "capstan.yaml": "x-a: &a {run: x}\nsteps:\n  t:\n    <<: *a\n" });
  expect(told()[0]).toContain("CAP-CONFIG-003 capstan.yaml:4:5");
  put({ "capstan.yaml": "steps: [\n" });
  expect(told()[0]).toContain("CAP-CONFIG-003 capstan.yaml:");
  put({ "capstan.yaml": "" });
  expect(told()).toEqual([]);
});

test("--set changes existing parameters of the same type only", () => {
  put({ "capstan.yaml": sound, "params.yaml": params, "data/flights.csv": "a\n" });
  const file = read({ set: ["train.trees=400", "window.until=2001-04-30"] });
  expect(file.errors).toEqual([]);
  expect(file.plain).toBe(false);
  expect(file.params).toEqual({ window: { until: "2001-04-30" }, train: { trees: 400, rate: 0.1 } });
  expect(file.layers.originOf(["params", "train", "trees"])?.by).toBe("--set");
  expect(read({ set: ["train.trees=200"] }).plain).toBe(true);
  expect(told({ set: ["train.tres=1", "train.trees=many", "train=1", "x"] })).toEqual([
    "CAP-CONFIG-011 :: `--set train.tres=1`: no such parameter: did you mean `train.trees`?",
    "CAP-CONFIG-011 :: `--set train.trees=many`: it is a number, `many` is not",
    "CAP-CONFIG-011 :: `--set train=1`: it is a group, `1` is not",
    "CAP-CONFIG-011 :: `--set x`: no value is given",
  ]);
});

test("profiles overlay by merge patch and keep to their keys; values keep their origin", () => {
  put({
    "capstan.yaml": `${sound}profiles:\n  ci: {params: {train: {trees: 5}}, steps: {evaluate: null}}\n  bad: {project: x}\n`,
    "params.yaml": params,
    "data/flights.csv": "a\n",
  });
  const file = read({ profiles: ["ci"] });
  expect(file.errors).toEqual([]);
  expect(file.plain).toBe(false);
  expect([...file.graph.nodes.keys()]).toEqual(["prepare", "train"]);
  expect(file.params["train"]).toEqual({ trees: 5, rate: 0.1 });
  expect(file.layers.originOf(["params", "train", "trees"])).toMatchObject({
    by: "profile ci",
    value: { file: "capstan.yaml", line: 19, column: 32 },
  });
  expect(told({ profiles: ["bad", "cii"] }).map((line) => line.slice(0, 14))).toEqual(["CAP-CONFIG-015", "CAP-CONFIG-015"]);
});

test("a matrix spreads a step; a reader gets all of it as a folder", () => {
  put({
    "capstan.yaml":
      'params: {seeds: [1, 2]}\nsteps:\n  t: {run: "x ${matrix.seed}", out: {m: "work/m-${matrix.seed}"}, matrix: {seed: "${params.seeds}", exclude: [{seed: 2}], include: [{seed: 7}]}}\n  e: {run: y, in: {models: step:t.m, one: step:t@seed=7.m}, out: work/e}\n',
  });
  const file = read();
  expect(file.errors).toEqual([]);
  expect(file.graph.order).toEqual(["t@seed=1", "t@seed=7", "e"]);
  expect(file.graph.nodes.get("e")?.inputs.map((input) => input.source)).toEqual([
    {
      kind: "outputs",
      of: [
        { step: "t@seed=1", output: "m" },
        { step: "t@seed=7", output: "m" },
      ],
    },
    { kind: "output", step: "t@seed=7", output: "m" },
  ]);
});

test("warns of numbers that other YAML readers take for text, and refuses secrets", () => {
  put({ "capstan.yaml": "steps: {}\nx-key: AKIAABCDEFGHIJKLMNOP\n", "params.yaml": "rate: 1e-3\n" });
  expect(read().warnings.map((one) => one.message)).toEqual(["`1e-3` is a number here, text in YAML 1.1 readers"]);
  expect(read().warnings[0]?.remedy).toBe("write `1.0e-03`");
  expect(told()).toEqual(["CAP-CONFIG-018 capstan.yaml:2:8 x-key looks like a secret (cloud key, not shown)"]);
});

test("no value becomes code", () => {
  const evil = 'a\'b "c" $(touch x) `id`';
  const fill = (text: string): string =>
    fillShell(
      text,
      () => ({ text: evil }),
      () => undefined,
    );
  expect(fill("echo ${params.a}")).toBe(`echo 'a'\\''b "c" $(touch x) \`id\`'`);
  expect(fill('echo "x ${params.a}"')).toBe(`echo "x "'a'\\''b "c" $(touch x) \`id\`'""`);
  expect(fill("echo 'x ${params.a}'")).toBe(`echo 'x ''a'\\''b "c" $(touch x) \`id\`'''`);
  let refused = 0;
  expect(
    fillShell(
      'echo "$(cat ${params.a})"',
      () => ({ text: evil }),
      () => refused++,
    ),
  ).toContain("${params.a}");
  expect(refused).toBe(1);
});
