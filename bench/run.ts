import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../packages/capstan/build.ts";
import { version } from "../packages/capstan/src/version.ts";
import { findPostgres, startPostgres } from "../packages/capstan/src/testing/postgres.ts";
import { blobs } from "./cases/blobs.ts";
import { commandLine } from "./cases/command-line.ts";
import { disk } from "./cases/disk.ts";
import { firstView } from "./cases/first-view.ts";
import { ledger } from "./cases/ledger.ts";
import { pages } from "./cases/pages.ts";
import { search } from "./cases/search.ts";
import { server } from "./cases/server.ts";
import { trackingBeside } from "./cases/tracking-beside.ts";
import { trackingPython, trackingServer } from "./cases/tracking-client.ts";
import { trackingPoints } from "./cases/tracking-points.ts";
import { trackingArtifacts, trackingCurves } from "./cases/tracking-reads.ts";
import { trackingWrites } from "./cases/tracking-writes.ts";
import { type Bench, type Case, type Figure, type NotRun, root, round, temporaryFolder } from "./measure.ts";

/**
 * `npm run bench [-- CASE…] [--large] [--mlflow PYTHON] [--runs 10000,100000,1000000] [--points 100000000] [--postgres]`: prints JSON. Each figure stands beside its goal and, where there is one, the cheapest program that does the
 * unavoidable work. A word chooses every case that begins with it. With the python of an environment that has mlflow, MLflow does the same work in the same run;
 * with `--postgres`, so does Capstan on a PostgreSQL server of its own that syncs each commit.
 */
const cases: Readonly<Record<string, Case>> = {
  disk,
  ledger,
  "command-line": commandLine,
  server,
  blobs,
  "first-view": firstView,
  pages,
  "tracking-writes": trackingWrites,
  "tracking-curves": trackingCurves,
  "tracking-artifacts": trackingArtifacts,
  "tracking-server": trackingServer,
  "tracking-python": trackingPython,
  "tracking-points": trackingPoints,
  "tracking-beside": trackingBeside,
  search,
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: "boolean", default: false },
    mlflow: { type: "string" },
    postgres: { type: "boolean", default: false },
    runs: { type: "string", default: "10000" },
    points: { type: "string", default: "10000000" },
  },
});
const matches = (word: string, name: string): boolean => name === word || name.startsWith(`${word}-`);
const unknown = positionals.find((word) => !Object.keys(cases).some((name) => matches(word, name)));
if (unknown !== undefined) {
  console.error(`there is no case ${unknown}; there are ${Object.keys(cases).join(", ")}`);
  process.exit(2);
}

// In its own place, so that a bundle of older sources is never measured nor left behind, nor that of another bench.
const home = join(root, `node_modules/.cache/capstan-bench-${process.pid}`);
mkdirSync(home, { recursive: true });
// As in its package: without it each file would be parsed twice to learn what it is.
writeFileSync(join(home, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
const built = await build(join(home, "dist"));
mkdirSync(join(home, "bin"), { recursive: true });
copyFileSync(join(root, "packages/capstan/bin/capstan"), join(home, "bin/capstan"));

const { folder, remove } = temporaryFolder();
const programs = flags.postgres ? findPostgres() : undefined;
if (flags.postgres && programs === undefined) throw new Error("--postgres: no PostgreSQL is installed");
const postgres = programs === undefined ? undefined : await startPostgres(programs, { durable: true });
const bench: Bench = {
  folder,
  program: join(home, "dist/main.js"),
  large: flags.large,
  mlflow: flags.mlflow ?? process.env["MLFLOW_PYTHON"],
  postgres: postgres?.createDatabase,
  runs: flags.runs.split(",").map(Number),
  points: Number(flags.points),
};
// Nothing that was started or written outlives a bench that is ended.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.once("exit", () => {
  remove();
  rmSync(home, { recursive: true, force: true });
});
const results: (Figure | NotRun)[] = [];
const began = performance.now();
try {
  for (const [name, run] of Object.entries(cases)) {
    if (positionals.length > 0 && !positionals.some((word) => matches(word, name))) continue;
    console.error(`${name} …`);
    results.push(
      ...(await run(bench).catch((error: unknown): NotRun[] => [{ name, notRun: error instanceof Error ? error.message : String(error) }])),
    );
  }
} finally {
  await postgres?.stop();
}
console.log(
  JSON.stringify(
    {
      capstan: version,
      node: process.version,
      machine: {
        platform: `${platform()} ${release()}`,
        processors: cpus().length,
        model: cpus()[0]?.model ?? "unknown",
        memoryGb: round(totalmem() / 1e9, 1),
        loadAtEnd: round(loadavg()[0] ?? 0),
      },
      bundle: { files: built.files, sizeBytes: built.sizeBytes },
      seconds: round((performance.now() - began) / 1000, 1),
      results,
    },
    undefined,
    2,
  ),
);
