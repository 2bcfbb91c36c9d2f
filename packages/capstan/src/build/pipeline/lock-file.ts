import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MadeOutput, StepFacts } from "./model.ts";
import { codeDigestOf, envDigestOf } from "./step-key.ts";

const lockFile = "capstan.lock";

/** What the last plain run used and made. No times, hosts, persons, numbers or totals: two machines of one platform write the same bytes. */
export type LockedStep = { key: string; facts: StepFacts; outputs: readonly MadeOutput[] };

/** `keep` are steps that this run did not look at: their block stays as it stands; all others go. */
export function renderLock(
  data: ReadonlyMap<string, string>,
  steps: ReadonlyMap<string, LockedStep>,
  before: string,
  keep: ReadonlySet<string>,
): string {
  const old = blocksOf(before);
  const dataLines = new Map([...old.data].filter(([name]) => keep.has(`data:${name}`)));
  for (const [name, digest] of data) dataLines.set(name, `  ${name}: ${digest}`);
  const blocks = new Map([...old.steps].filter(([id]) => keep.has(id)));
  for (const [id, step] of steps) blocks.set(id, blockOf(id, step));
  const sorted = <T>(map: ReadonlyMap<string, T>): T[] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
  const parts = ["lock: 1"];
  if (dataLines.size > 0) parts.push(["data:", ...sorted(dataLines)].join("\n"));
  if (blocks.size > 0) parts.push(`steps:\n${sorted(blocks).join("\n\n")}`);
  return `${parts.join("\n\n")}\n`;
}

function blockOf(id: string, { key, facts, outputs }: LockedStep): string {
  const byName = <T extends { name: string }>(all: readonly T[]): T[] =>
    [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const lines = [
    `key: ${key}`,
    ...byName(facts.inputs).map((input) => `in.${input.name}: ${input.digest} ${input.path}`),
    ...facts.params.map(([name, json]) => `param.${name}: ${json}`),
    `code: ${codeDigestOf(facts)}`,
    `env: ${envDigestOf(facts)}${facts.env.lock ? ` ${facts.env.lock.file}` : ""}`,
    ...byName(outputs).map((output) => `out.${output.name}: ${output.digest} ${output.sizeBytes} ${output.path}`),
  ];
  return [`  ${id}:`, ...lines.map((line) => `    ${line}`)].join("\n");
}

/** Blocks as they stand. Conflict markers are passed over, so that both sides are read; of two blocks of one step the later counts. */
function blocksOf(text: string): { data: Map<string, string>; steps: Map<string, string> } {
  const data = new Map<string, string>();
  const steps = new Map<string, string>();
  let section = "";
  let step: string | undefined;
  for (const line of text.split("\n")) {
    if (/^(<{7}|={7}|>{7}|\|{7})/.test(line)) continue;
    const top = /^(\w+):/.exec(line)?.[1];
    const name = /^ {2}(\S+):/.exec(line)?.[1];
    if (top !== undefined) section = top;
    else if (section === "data" && name !== undefined) data.set(name, line);
    else if (section === "steps" && name !== undefined) {
      step = name;
      steps.set(step, line);
    } else if (section === "steps" && step !== undefined && line.startsWith("    ")) steps.set(step, `${steps.get(step) ?? ""}\n${line}`);
  }
  return { data, steps };
}

/** Values of one step in the lock: `param.train.trees` → `200`. */
export function lockedValues(text: string, step: string): Map<string, string> {
  return new Map(
    (blocksOf(text).steps.get(step) ?? "")
      .split("\n")
      .slice(1)
      .flatMap((line): [string, string][] => {
        const at = line.indexOf(": ");
        return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 2)]];
      }),
  );
}

export const readLock = (folder: string): Promise<string> => readFile(join(folder, lockFile), "utf8").catch(() => "");

/** By temporary file, fsync and rename; untouched when nothing changed. Tells whether it was written. */
export async function writeLock(folder: string, text: string): Promise<boolean> {
  if ((await readLock(folder)) === text) return false;
  const temporary = join(folder, `.${lockFile}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, join(folder, lockFile));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return true;
}
