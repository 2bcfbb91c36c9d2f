import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { declaredTables, formatsPage } from "../scripts/generate-formats.ts";
import { readCompatibility } from "../scripts/compatibility.ts";
import { compatibilityPage } from "../scripts/generate-compatibility.ts";
import { licencesPage } from "../scripts/generate-licences.ts";
import { root } from "../scripts/tasks.ts";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject | undefined;
afterAll(() => project?.close());

describe("generated pages are what their sources say", () => {
  test("docs/formats.md: node scripts/generate-formats.ts", async () =>
    expect(readFileSync(`${root}docs/formats.md`, "utf8")).toBe(await formatsPage()));
  test("docs/mlflow.md: node scripts/generate-compatibility.ts", () =>
    expect(readFileSync(`${root}docs/mlflow.md`, "utf8")).toBe(compatibilityPage(readCompatibility())));
  test("THIRD-PARTY-LICENSES.md: node scripts/generate-licences.ts", () =>
    expect(readFileSync(`${root}THIRD-PARTY-LICENSES.md`, "utf8")).toBe(licencesPage()));
});

test("every table of a new store is ledgered, sealed or operational, and every one that is declared exists", async () => {
  project = makeProject();
  const host = await project.host();
  const rows = await host.app.store.database.all<{ name: string }>(
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite~_%' escape '~'",
  );
  const declared = await declaredTables();
  expect(rows.map((one) => one.name).sort()).toEqual(declared.map((one) => one.table).sort());
});

const pages = ["*.md", "docs/**/*.md", "examples/*/*.md", "packages/**/README.md", "bench/**/*.md", "tests/**/*.md"].flatMap((pattern) =>
  globSync(pattern, { cwd: root, exclude: (path) => path.includes("node_modules") || path.includes("/dist") }),
);
/** As GitHub makes them of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*_]/g, "")
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
const withoutCode = (text: string): string =>
  text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, " "));
const anchorsOf = (path: string): Set<string> =>
  new Set(
    [
      ...readFileSync(path, "utf8")
        .replace(/^```.*?^```/gms, "")
        .matchAll(/^#+ (.+)$/gm),
    ].map((match) => anchorOf(match[1] ?? "")),
  );

test.each(pages)("links in %s lead somewhere", (page) => {
  const broken: string[] = [];
  for (const [, target = ""] of withoutCode(readFileSync(root + page, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?|mailto):/.test(target)) continue;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? root + page : join(root, dirname(page), path);
    if (!existsSync(file)) broken.push(target);
    else if (anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).has(anchor)) broken.push(target);
  }
  expect(broken).toEqual([]);
});

test("no page names a path of somebody's machine", () => {
  for (const page of pages)
    expect([page, readFileSync(root + page, "utf8").match(/(?<![\w.])\/(?:home|root|Users|work|tmp)\/\w+/g)]).toEqual([page, null]);
});
