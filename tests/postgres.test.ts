import { spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../packages/capstan/src/testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../packages/capstan/src/testing/postgres.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = "packages/capstan/src";

const testStore = `${source}/testing/store.ts`;

/** Tests that open a store and look into its SQLite file by themselves, or are about that file. */
const aboutSqlite: Readonly<Record<string, string>> = {
  [`${source}/base/record/verify.test.ts`]: "edits the file behind the back of the record",
  [`${source}/base/record/operations.test.ts`]: "looks for a secret in the bytes of the file",
  [`${source}/base/storage/backup.test.ts`]: "spoils files of a backup of it; both ways between the databases are in logical-copy.test.ts",
};

/** Local files that a file imports. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+\.ts)"/g)].map(([, path = ""]) =>
    join(dirname(file), path),
  );

/** Whether a test opens a store, by itself or by what helps it. */
function opensStore(file: string): boolean {
  const looked = new Set<string>();
  const look = (at: string): boolean => {
    if (at === testStore) return true;
    if (looked.has(at)) return false;
    looked.add(at);
    return importsOf(at)
      .filter((one) => one.startsWith(`${source}/testing/`))
      .some(look);
  };
  return look(file);
}

const opening = globSync(`${source}/**/*.test.ts`, { cwd: root }).filter(opensStore).sort();
const serviceTests = opening.filter((file) => !(file in aboutSqlite));
const recordTests = serviceTests.filter((file) => file.startsWith(`${source}/base/record/`));

type Report = {
  numPassedTests: number;
  testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
};

/** Runs test files in a vitest of their own; what failed, by name. */
async function runTests(
  files: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<{ passed: number; failed: string[]; ran: string[] }> {
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
    const ran = report.testResults
      .filter((file) => file.assertionResults.some((one) => one.status === "passed"))
      .map((file) => relative(root, file.name));
    return { passed: report.numPassedTests, failed, ran: ran.sort() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describeWith("every service's own tests on PostgreSQL", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());

  test("the record, with its index given inline", async () => {
    const { passed, failed, ran } = await runTests(recordTests, { CAPSTAN_TEST_POSTGRES: server.url, CAPSTAN_TEST_INDEX: "inline" });
    expect(failed).toEqual([]);
    expect(ran).toEqual(recordTests);
    expect(passed).toBeGreaterThan(5);
  });

  test("all other services, as several processes share a database", { timeout: 400_000 }, async () => {
    const services = serviceTests.filter((file) => !recordTests.includes(file));
    const { passed, failed, ran } = await runTests(services, { CAPSTAN_TEST_POSTGRES: server.url });
    expect(failed).toEqual([]);
    expect(ran).toEqual(services);
    expect(passed).toBeGreaterThan(50);
  });
});

test("every test that opens a store is run on PostgreSQL, or says why not", () => {
  // What is left out is really about SQLite's file, and nothing else opens SQLite on its way round the store of tests.
  const looksInside = (file: string): boolean => /DatabaseSync|capstan\.db/.test(readFileSync(join(root, file), "utf8"));
  expect(Object.keys(aboutSqlite).filter((file) => !opening.includes(file) || !looksInside(file))).toEqual([]);
  expect(serviceTests.filter(looksInside)).toEqual([]);
  const around = globSync([`${source}/**/*.test.ts`, `${source}/testing/*.ts`], { cwd: root }).filter(
    (file) =>
      file !== testStore && !file.startsWith(`${source}/base/storage/`) && /\bopenSqlite\(/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(around).toEqual([]);
  expect(serviceTests.length).toBeGreaterThan(25);
});
