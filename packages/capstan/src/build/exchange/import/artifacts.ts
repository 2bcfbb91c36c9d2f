import type { BlobStore } from "../../../base/storage/blob-store.ts";
import type { Artifact } from "../../tracking/model.ts";
import { safePath } from "../../tracking/rules.ts";
import type { SourceFile, SourcePlace } from "../model.ts";
import type { ImportTask } from "./task.ts";

const atOnce = 8;

/** Runs `work` on all, some at once, in no order; the first failure ends it. */
export async function inTurns<T>(all: readonly T[], limit: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(limit, all.length) }, async () => {
      for (let i = next++; i < all.length; i = next++) await work(all[i] as T);
    }),
  );
}

/** Files of a place, without those whose names could lead out of it. Undefined when it is out of reach, which is counted. */
export async function findFiles(task: ImportTask, place: SourcePlace): Promise<SourceFile[] | undefined> {
  const files = await task.source.files(place);
  if (!files) {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(place.uri)?.[1] ?? "file";
    const whose = place.run === undefined ? "logged models" : "runs";
    task.tally.leave(`artifacts of ${whose}`, `their place is out of reach (${scheme}); \`--artifacts\` names where it is`);
    return undefined;
  }
  return files.filter((one) => {
    if (safePath(one.path) !== undefined) return true;
    task.tally.leave("artifact files", "its name could mean another place");
    return false;
  });
}

/** The bytes of files in the store. */
export async function keepFiles(files: readonly SourceFile[], blobs: BlobStore, signal: AbortSignal): Promise<Artifact[]> {
  const kept: Artifact[] = [];
  await inTurns(files, atOnce, async (one) => {
    signal.throwIfAborted();
    const { digest, sizeBytes } = await one.keep(blobs);
    kept.push({ path: one.path, digest, sizeBytes });
  });
  return kept.sort((a, b) => (a.path < b.path ? -1 : 1));
}
