import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject;
afterEach(() => project.close());

const steps = {
  "capstan.yaml": `capstan: 1
project: small
steps:
  one: { run: "printf '{\\"auc\\": 0.5}' > metrics.json", out: { metrics: metrics.json } }
`,
};
const edit = (sql: string): void => {
  const database = new DatabaseSync(join(project.folder, ".capstan/capstan.db"));
  database.exec(sql);
  database.close();
};

test("one run is proved by its seal, and what was edited in it is said", async () => {
  project = makeProject(steps);
  await project.capstan("run");
  const good = await project.capstan("verify", "run:1");
  expect([good.code, good.stdout]).toEqual([0, expect.stringMatching(/✓ run +\S+.*\n✓ one /)]);
  edit("update artifact set size_bytes = size_bytes + 1 where path = 'metrics.json'");
  const bad = await project.capstan("verify", "run:1");
  expect([bad.code, bad.stdout]).toEqual([3, expect.stringMatching(/✓ run [^]*✕ one .*not what its seal was computed from/)]);
  expect(await project.capstan("verify")).toMatchObject({ code: 3, stdout: expect.stringContaining("✕ seals") });
  expect(await project.capstan("verify", "run:7")).toMatchObject({ code: 5 });
});

test("an exported bundle is proved without the store, and one changed byte in it is found", async () => {
  project = makeProject(steps);
  await project.capstan("run");
  const bundle = join(project.folder, "record.tar");
  expect(await project.capstan("export", "bundle", "-o", bundle)).toMatchObject({ code: 0 });
  edit("drop table entry");
  const good = await project.capstan("verify", bundle);
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining("✓ ledger")]);
  const bytes = readFileSync(bundle);
  const at = bytes.indexOf("run.ended");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(bundle, bytes);
  expect(await project.capstan("verify", bundle)).toMatchObject({ code: 3 });
  expect(await project.capstan("verify", "nothing")).toMatchObject({ code: 2, stderr: expect.stringContaining("run:") });
});
