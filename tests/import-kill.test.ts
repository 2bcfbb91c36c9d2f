import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { fillMlflowDatabase, openMlflowDatabase } from "../packages/capstan/src/testing/mlflow-sources.ts";
import { makeProject, type TestProject } from "./testing/project.ts";

const main = fileURLToPath(new URL("../packages/capstan/src/main.ts", import.meta.url));
const runs = 1500;
let project: TestProject;
afterEach(() => project.close());

/** Runs that are in the store, by whatever a reader beside its host sees. */
function runsHere(): number {
  const path = join(project.folder, ".capstan", "capstan.db");
  if (!existsSync(path)) return 0;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("select count(*) as n from run").get()?.["n"] ?? 0);
  } catch {
    return 0;
  } finally {
    database.close();
  }
}

test("an import that is killed again and again goes on, ends whole, and nothing is there twice", async () => {
  project = makeProject();
  const source = openMlflowDatabase(join(project.folder, "mlflow.db"));
  fillMlflowDatabase(source, project.folder, runs);
  source.close();
  let before = 0;
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [main, "import", "mlflow", "mlflow.db", "--json"], {
      cwd: project.folder,
      env: { PATH: process.env["PATH"], HOME: project.folder, CAPSTAN_HOME: join(project.folder, "..", "state") },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(child, "exit");
    // Each line of its progress is a moment at which to end it.
    for await (const _ of child.stdout) if (runsHere() > before) break;
    child.kill("SIGKILL");
    await ended;
    const now = runsHere();
    expect(now).toBeGreaterThan(before);
    before = now;
  }
  expect(before).toBeLessThan(runs);
  const last = await project.capstan("import", "mlflow", "mlflow.db", "--json", "-q");
  const result = JSON.parse(last.stdout) as { taken: Record<string, number>; same: Record<string, number>; differing: number };
  expect([last.code, result.differing]).toEqual([0, 0]);
  expect((result.taken["runs"] ?? 0) + (result.same["runs"] ?? 0)).toBe(runs);
  expect(result.same["runs"]).toBe(before);
  expect(runsHere()).toBe(runs);
  const database = new DatabaseSync(join(project.folder, ".capstan", "capstan.db"), { readOnly: true });
  expect(
    database.prepare("select count(*) as n, count(distinct subject_id) as runs from entry where action = 'run.imported'").get(),
  ).toEqual({ n: runs, runs });
  expect(database.prepare("select sum(points) as n from metric_block").get()).toEqual({ n: runs * 20 + 2 });
  database.close();
  expect((await project.capstan("verify", "--deep")).code).toBe(0);
  expect(JSON.parse((await project.capstan("import", "mlflow", "mlflow.db", "--json", "-q")).stdout)).toMatchObject({
    taken: {},
    entry: null,
  });
});
