import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjectFolder, getProjectFolder } from "./project-folder.ts";

test("a named store is enough where there is no project, and is then the project `default`", () => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-place-"));
  try {
    expect(findProjectFolder(folder)).toBeUndefined();
    expect(() => getProjectFolder(folder)).toThrow(expect.objectContaining({ code: "CAP-CONFIG-001" }));
    expect(getProjectFolder(folder, { data: join(folder, "store") })).toEqual({
      folder,
      project: "default",
      storeFolder: join(folder, "store"),
      localFolder: join(folder, "store"),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
