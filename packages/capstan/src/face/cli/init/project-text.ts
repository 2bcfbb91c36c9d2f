import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { flatParams } from "../../../build/pipeline/config/params.ts";
import type { Plain } from "../../../build/pipeline/config/overlay.ts";
import { nameOf, type Scan, type Script } from "./scan.ts";

export type Step = { step: string; command: string; reads: string[]; writes: string[]; params: string[] };

const tables = new Set([".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".arrow"]);

/** Steps with what they take, and capstan.yaml in words: each line follows from something that a script says. */
export function projectText(folder: string, project: string, scan: Scan, params: Plain): { text: string; steps: Step[] } {
  const makers = new Map<string, string>();
  const data = new Map<string, string>();
  const names = new Map<string, string>();
  const steps: Step[] = [];
  const blocks = scan.steps.map((script) => {
    const writes = script.uses.filter((use) => use.writes && !makers.has(use.path)).map((use) => use.path);
    const reads = script.uses
      .map((use) => use.path)
      .filter((path) => !writes.includes(path) && (makers.has(path) || existsSync(join(folder, path))));
    const ports = new Set<string>();
    const port = (path: string): string => unique(nameOf(path), ports);
    const inputs = reads.map((path) => {
      const maker = makers.get(path);
      if (maker === undefined && tables.has(extname(path)) && !data.has(path)) data.set(path, unique(nameOf(path), names));
      return `${port(path)}: ${maker ?? (data.has(path) ? `data:${data.get(path)}` : path)}`;
    });
    const outputs = writes.map((path) => {
      const name = port(path);
      makers.set(path, `step:${script.step}.${name}`);
      return `${name}: ${/metrics?\.json$/.test(path) && name !== "metrics" ? `{ path: ${path}, kind: metrics }` : path}`;
    });
    const used = paramsOf(script, params);
    steps.push({ step: script.step, command: script.command, reads, writes, params: used });
    return [
      `  ${script.step}:`,
      `    run: ${script.command}`,
      ...(inputs.length > 0 ? [`    in: { ${inputs.join(", ")} }`] : []),
      `    out: { ${outputs.join(", ")} }`,
      ...(used.length > 0 ? [`    params: [${used.join(", ")}]`] : []),
    ].join("\n");
  });
  const lines = ["capstan: 1", `project: ${project}`];
  if (data.size > 0) lines.push("", "data:", ...[...data].map(([path, name]) => `  ${name}: ${path}`));
  if (blocks.length > 0) lines.push("", "steps:", ...blocks);
  return { text: `${lines.join("\n")}\n`, steps };
}

function unique(name: string, taken: Set<string> | Map<string, string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  if (taken instanceof Set) taken.add(free);
  else taken.set(free, free);
  return free;
}

/** Parameters whose last name stands in a script that reads parameters at all. */
function paramsOf({ text }: Script, params: Plain): string[] {
  if (!/params\.(ya?ml|json)|CAPSTAN_PARAMS/.test(text)) return [];
  return flatParams(params)
    .map(([name]) => name)
    .filter((name) => new RegExp(`\\b${name.split(".").at(-1)}\\b`).test(text));
}
