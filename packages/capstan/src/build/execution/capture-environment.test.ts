import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../base/foundation/hashing.ts";
import { openFolderBlobs } from "../../base/storage/folder-blobs.ts";
import { captureEnvironment } from "./capture-environment.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "capstan-capture-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("names commit, lock of the workspace above, and keeps the uncommitted difference", async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { stdio: "pipe" })
      .toString()
      .trim();
  const blobs = openFolderBlobs(join(root, "blobs"));
  const project = join(root, "examples", "one");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(root, ".gitignore"), "blobs/\n");
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(project, "train.sh"), "echo 1\n");
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  expect(await captureEnvironment(project, blobs)).toMatchObject({
    platform: `${process.platform}/${process.arch}`,
    lock: { file: "../../package-lock.json", digest: sha256("{}") },
    git: { commit: git("rev-parse", "HEAD"), branch: "main", dirty: false, filesChanged: 0, diffBlob: null },
  });

  writeFileSync(join(project, "train.sh"), "echo 2\n");
  const dirty = await captureEnvironment(project, blobs);
  expect(dirty.git).toMatchObject({ dirty: true, filesChanged: 1 });
  expect((await blobs.bytes(dirty.git?.diffBlob ?? "")).toString()).toContain("+echo 2");
});

test("what runs leave in the folder is no uncommitted code", async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { stdio: "pipe" });
  const blobs = openFolderBlobs(mkdtempSync(join(tmpdir(), "capstan-capture-blobs-")));
  writeFileSync(join(root, "train.sh"), "echo 1\n");
  writeFileSync(join(root, ".gitignore"), "*.log\n");
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  mkdirSync(join(root, "work"));
  for (const made of ["work/model.json", "metrics [1].json", "capstan.lock", "capstan.anchor"]) writeFileSync(join(root, made), "1");
  writeFileSync(join(root, ".gitignore"), "*.log\n/work/model.json\n");
  const outputs = ["work/model.json", "metrics [1].json"];
  expect((await captureEnvironment(root, blobs, outputs)).git).toMatchObject({ dirty: false, filesChanged: 0, diffBlob: null });
  writeFileSync(join(root, "work", "helper.sh"), "echo 2\n");
  expect((await captureEnvironment(root, blobs, outputs)).git).toMatchObject({ dirty: true, filesChanged: 1 });
});

test("is silent about git outside a repository", async () => {
  const captured = await captureEnvironment(root, openFolderBlobs(join(root, "blobs")));
  expect(captured.git).toBeNull();
});
