import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { digestOfFile } from "../../base/foundation/hashing.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import type { EnvironmentCapture } from "./model.ts";

/** Locks that pin the packages of a project, the most telling first. */
export const lockFiles = [
  "uv.lock",
  "poetry.lock",
  "conda-lock.yml",
  "renv.lock",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
] as const;

export const platformName = (): string => `${process.platform}/${process.arch}`;

/** The nearest folder upward that holds one of `names`, and which. */
export async function findUpward(folder: string, names: readonly string[]): Promise<{ folder: string; name: string } | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of names) {
      if (
        await access(join(at, name)).then(
          () => true,
          () => false,
        )
      )
        return { folder: at, name };
    }
    if (dirname(at) === at) return undefined;
  }
}

/** What Capstan itself writes into a project folder: no code, and changed by every run. */
const ownFiles = ["capstan.lock", "capstan.anchor", ".gitignore"];

/**
 * What surrounds a run of this folder now. The uncommitted difference is kept as a blob, so that a dirty run can be told from another one.
 * `outputs` are paths that runs make in the folder: they are results, whether git knows them or not.
 */
export async function captureEnvironment(
  folder: string,
  blobs: Pick<BlobStore, "putBytes">,
  outputs: readonly string[] = [],
): Promise<EnvironmentCapture> {
  const [lock, git] = await Promise.all([findUpward(folder, lockFiles), captureGit(folder, blobs, outputs)]);
  return {
    node: process.versions.node,
    platform: platformName(),
    lock: lock
      ? { file: relative(folder, join(lock.folder, lock.name)), digest: (await digestOfFile(join(lock.folder, lock.name))).digest }
      : null,
    git,
  };
}

/** Commit, branch and what differs from it; null outside a repository. Looks only, so it also runs for readers when `blobs` is absent. */
export async function captureGit(
  folder: string,
  blobs?: Pick<BlobStore, "putBytes">,
  outputs: readonly string[] = [],
): Promise<EnvironmentCapture["git"]> {
  const places = [".", ...[...ownFiles, ...outputs].map((path) => `:(exclude,literal)${path}`)];
  const status = await git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--", ...places);
  const lines = (status?.toString() ?? "").split("\n").filter(Boolean);
  const said = (name: string): string | undefined => lines.find((line) => line.startsWith(`# branch.${name} `))?.split(" ")[2];
  const commit = said("oid");
  if (commit === undefined || commit === "(initial)") return null;
  const changed = lines.filter((line) => !line.startsWith("#")).length;
  const diff =
    blobs && changed > 0
      ? await git(folder, "diff", "HEAD", "--binary", "--no-ext-diff", "--no-color", "--relative", "--", ...places)
      : undefined;
  return {
    commit,
    branch: said("head") === "(detached)" ? null : (said("head") ?? null),
    dirty: changed > 0,
    filesChanged: changed,
    diffBlob: blobs && diff && diff.length > 0 ? (await blobs.putBytes(diff)).digest : null,
  };
}

/** Output of git, or undefined when there is no git, no repository or nothing to say. Never asks, never writes, never waits for a lock. */
function git(folder: string, ...args: string[]): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    execFile(
      "git",
      ["--no-optional-locks", "-c", "core.fsmonitor=false", "-C", folder, ...args],
      { encoding: "buffer", timeout: 10_000, maxBuffer: 64 << 20 },
      (error, stdout) => resolve(error ? undefined : stdout),
    );
  });
}
