import { type CheckResult, type ErrorWhere, goesForward } from "@capstan/contract";
import type { Declared, RulesOutcome } from "./model.ts";
import type { ColumnSchema } from "./profile.ts";

/** Names close to a wrong one, nearest first: at most 3, by edits, for "near are …". */
export function nearNames(wrong: string, known: Iterable<string>): string[] {
  return [...known]
    .map((name) => ({ name, edits: edits(wrong.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(2, Math.floor(name.length / 2)))
    .sort((a, b) => a.edits - b.edits || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

function edits(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row[j] = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    above = row;
  }
  return above[b.length] ?? 0;
}

export type DataRef = { kind: "number"; number: number } | { kind: "latest" } | { kind: "digest"; prefix: string } | { kind: "unknown" };
/** `v3`, `3`, `latest`, six or more hex digits. */
export function parseRef(text: string): DataRef {
  const number = /^v?([1-9][0-9]{0,8})$/.exec(text)?.[1];
  if (number !== undefined) return { kind: "number", number: Number(number) };
  if (text === "latest" || text === "") return { kind: "latest" };
  return /^[0-9a-f]{6,64}$/.test(text) ? { kind: "digest", prefix: text } : { kind: "unknown" };
}

/** `data:flights@v1` as dataset and version; the kind may be left out, the version is then the latest. */
export function splitRef(text: string): { dataset: string; ref: string } {
  const [dataset = "", ref = "latest"] = text.replace(/^data:/, "").split("@", 2);
  return { dataset, ref };
}

export const nullable = (declared: Declared | undefined): { origin: string | null; licence: string | null; personal: string | null } => ({
  origin: declared?.origin ?? null,
  licence: declared?.licence ?? null,
  personal: declared?.personal ?? null,
});

export const timeColumn = (columns: readonly ColumnSchema[], name: string): ColumnSchema | undefined =>
  columns.find((column) => column.name === name);

const shownSamples = 3;
/** What a person is told when data are refused: the rules that failed, with rows that break them. */
export function refusalText(outcome: RulesOutcome): { why: string; where?: ErrorWhere } {
  const failed = outcome.results.filter((result) => !goesForward(result.verdict));
  const lines = failed.flatMap((result) => [
    `${result.title}: ${result.detail}`,
    ...result.samples.slice(0, shownSamples).map((sample) => `  ${sampleText(sample)}`),
  ]);
  const passed = outcome.results.length - failed.length;
  if (passed > 0) lines.push(`${passed} more pass`);
  const at = whereOf(failed[0]);
  return { why: lines.join("\n"), ...(at && { where: at }) };
}

const sampleText = (sample: Readonly<Record<string, unknown>>): string =>
  Object.entries(sample)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join("   ");

function whereOf(result: CheckResult | undefined): ErrorWhere | undefined {
  const match = /^(.+?):(\d+)(?::(\d+))?$/.exec(result?.where ?? "");
  if (!match?.[1]) return undefined;
  return { file: match[1], line: Number(match[2]), ...(match[3] !== undefined && { column: Number(match[3]) }) };
}
