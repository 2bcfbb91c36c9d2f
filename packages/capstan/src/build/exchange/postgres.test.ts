import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { fillMlflowDatabase, fillMlflowTraces, mlflowTables, openMlflowDatabase, runIdOf } from "../../testing/mlflow-sources.ts";
import { describeWith } from "../../testing/needs.ts";
import { findPostgres, startPostgres } from "../../testing/postgres.ts";
import { digestOfRun } from "./rules.ts";
import { openSource } from "./sources/open.ts";

describeWith("MLflow on PostgreSQL", "PostgreSQL", findPostgres(), (bin) => {
  test("gives the same as MLflow on SQLite", async () => {
    const folder = mkdtempSync(join(tmpdir(), "capstan-pg-"));
    const server = await startPostgres(bin);
    try {
      const file = join(folder, "mlflow.db");
      const sqlite = openMlflowDatabase(file);
      fillMlflowDatabase(sqlite, folder, 60);
      fillMlflowTraces(sqlite, folder);
      const url = await server.createDatabase();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(mlflowTables);
      for (const { name } of sqlite.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[])
        for (const row of sqlite.prepare(`select * from ${name}`, { readBigInts: true }).all())
          await client.query(
            `insert into ${name} values (${Object.keys(row)
              .map((_, i) => `$${i + 1}`)
              .join(", ")})`,
            Object.values(row).map((value) => (value === null ? null : String(value))),
          );
      await client.end();
      sqlite.close();
      const seen = [];
      for (const from of [file, url.replace(/^postgres(ql)?:/, "postgresql+psycopg2:")]) {
        const source = await openSource({ from, artifacts: join(folder, "mlruns") });
        const experiments = await source.experiments();
        const runs: Record<string, string> = {};
        for await (const page of source.runs(experiments))
          for (const run of await source.whole(page))
            runs[run.id] = await digestOfRun({ ...run, artifacts: (await source.files({ uri: run.artifactUri, run: run.id })) ?? [] });
        const heads = (await Array.fromAsync(source.traces(experiments))).flat();
        const traces = (await source.wholeTraces(heads)).map(({ spans, ...one }) => ({
          ...one,
          spans: spans !== null && "keep" in spans ? spans.path : spans,
        }));
        expect(traces).toHaveLength(2);
        const [models, registered] = [
          await Array.fromAsync(source.loggedModels(experiments)),
          await Array.fromAsync(source.registeredModels()),
        ];
        seen.push({ experiments, runs, traces, models, registered, count: await source.countRuns(), left: await source.left() });
        await source.close();
      }
      expect(Object.keys(seen[0]?.runs ?? {})).toHaveLength(60);
      expect(seen[0]?.runs[runIdOf(1)]).toBeDefined();
      expect(seen[1]).toEqual(seen[0]);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
