import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** One figure beside what was asked for and the cheapest program that does the unavoidable work. */
export type Figure = {
  name: string;
  value: number;
  unit: "ms" | "s" | "MB" | "MB/s" | "KB" | "share" | "/s" | "points/s" | "bytes";
  /** What issue and design ask for; `holds` compares. */
  goal?: { text: string; holds: boolean };
  limit?: { value: number; program: string };
  /** The same with the store on PostgreSQL, measured in the same run by the same client. */
  postgres?: number;
  /** What another program takes for the same, measured in the same run by the same client. */
  peers?: Readonly<Record<string, string>>;
  /** Sizes, numbers of repetitions, what of the answer was checked. */
  facts: Readonly<Record<string, string | number | boolean>>;
  /** What the figure sums up, one row each. */
  table?: readonly Readonly<Record<string, string | number>>[];
};
export type NotRun = { name: string; notRun: string };
export type Case = (bench: Bench) => Promise<(Figure | NotRun)[]>;
export type Bench = {
  /** Removed at the end. */
  folder: string;
  /** Path of the bundled program. */
  program: string;
  large: boolean;
  /** The python of an environment that has mlflow. */
  mlflow: string | undefined;
  /** URL of a new, empty database on a server that keeps what it acknowledges; absent when the column was not asked for. */
  postgres: (() => Promise<string>) | undefined;
  /** Sizes of the stores that are searched. */
  runs: readonly number[];
  /** Metric points of the store of `tracking-points`, ten million a run. */
  points: number;
};

export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
export const median = (values: readonly number[]): number => quantile(values, 0.5);
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));
export const temporaryFolder = (): { folder: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-bench-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
};

export type Ended = { ms: number; code: number; stdout: string; stderr: string };

/** Runs one program to its end. */
export function timed(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 60_000,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => out.push(piece));
    child.stderr.on("data", (piece: Buffer) => err.push(piece));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        ms: performance.now() - began,
        code: code ?? 1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
  });
}

/** Median of `times` runs that all end with `codes`. */
export async function repeated(
  times: number,
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; codes?: readonly number[] } = {},
): Promise<{ ms: number; minMs: number; last: Ended }> {
  const all: Ended[] = [];
  for (let i = 0; i < times; i++) {
    const ended = await timed(file, args, options);
    if (!(options.codes ?? [0]).includes(ended.code))
      throw new Error(`${args.join(" ")} ended with ${ended.code}: ${ended.stderr.slice(0, 300)}`);
    all.push(ended);
  }
  return {
    ms: round(median(all.map((one) => one.ms)), 1),
    minMs: round(Math.min(...all.map((one) => one.ms)), 1),
    last: all[all.length - 1] as Ended,
  };
}
