import { spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../packages/capstan/src/testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../packages/capstan/src/testing/postgres.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = "packages/capstan/src";

/** Tests of services: those that open a store and do not look into its SQLite file themselves. */
const serviceTests = globSync(`${source}/**/*.test.ts`, { cwd: root }).filter((file) => {
  const text = readFileSync(join(root, file), "utf8");
  return text.includes("openTestStore(") && !/DatabaseSync|capstan\.db/.test(text);
});
const recordTests = serviceTests.filter((file) => file.startsWith(`${source}/base/record/`));

type Report = {
  numPassedTests: number;
  testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
};

/** Runs test files in a vitest of their own; what failed, by name. */
async function runTests(files: readonly string[], variables: NodeJS.ProcessEnv): Promise<{ passed: number; failed: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-report-"));
  try {
    const path = join(folder, "report.json");
    const outer = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
    const child = spawn(
      process.execPath,
      [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "unit", "--reporter", "json", "--outputFile", path, ...files],
      { cwd: root, env: { ...outer, ...variables }, stdio: "ignore" },
    );
    await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
    const report = JSON.parse(readFileSync(path, "utf8")) as Report;
    const failed = report.testResults.flatMap((file) => {
      const named = file.assertionResults.filter((one) => one.status === "failed").map((one) => `${file.name}: ${one.fullName}`);
      return file.status === "failed" && named.length === 0 ? [`${file.name}: ${file.message}`] : named;
    });
    return { passed: report.numPassedTests, failed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describeWith("every service's own tests on PostgreSQL", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());

  test("the record, with its index given inline", async () => {
    const { passed, failed } = await runTests(recordTests, { CAPSTAN_TEST_POSTGRES: server.url, CAPSTAN_TEST_INDEX: "inline" });
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(5);
  });

  test("all other services, as several processes share a database", async () => {
    const { passed, failed } = await runTests(
      serviceTests.filter((file) => !recordTests.includes(file)),
      { CAPSTAN_TEST_POSTGRES: server.url },
    );
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(50);
  });
});
