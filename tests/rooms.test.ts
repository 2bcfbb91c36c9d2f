import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { findViolations } from "../scripts/room-check.ts";

const root = mkdtempSync(join(tmpdir(), "rooms-"));
afterAll(() => rmSync(root, { recursive: true }));
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

test("the house is in order", () => {
  expect(findViolations(fileURLToPath(new URL("..", import.meta.url)))).toEqual([]);
});

test("an import of a later room, of the composition and of a foreign package is named with both files", () => {
  write("packages/capstan/src/build/data/a.ts", `import { x } from "../checks/b.ts";\nimport type { App } from "../../app.ts";\n`);
  write("packages/capstan/src/build/checks/b.ts", `import { y } from "../data/c.ts";\nconst z = await import("../registry/d.ts");\n`);
  write("packages/statistics/src/e.ts", `import { z } from "@capstan/contract";\n`);
  expect(
    findViolations(root)
      .map((one) => `${one.from} -> ${one.to}`)
      .sort(),
  ).toEqual([
    "packages/capstan/src/build/checks/b.ts -> packages/capstan/src/build/registry/d.ts",
    "packages/capstan/src/build/data/a.ts -> app.ts",
    "packages/capstan/src/build/data/a.ts -> packages/capstan/src/build/checks/b.ts",
    "packages/statistics/src/e.ts -> @capstan/contract",
  ]);
});
