import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../foundation/clock.ts";

/** An object that was used within this time stays, as somebody may have its path in hand. */
const inUseMs = 10 * 60_000;
/** Looked through again when so much of the limit has come in since. */
const lookShare = 0.05;
/** Trimmed to this share of the limit, so that not every object that comes in trims. */
const lowShare = 0.9;
/** The time of use is written down this seldom. */
const touchMs = 60_000;

/** Keeps the files of a cache of objects (`ab/cdef…`) below a limit. What was used last is known by the files' times, so that it outlives the process. */
export type CacheTrim = {
  /** True when the object is there; it counts as used now. */
  used(digest: string): Promise<boolean>;
  /** Counts what came in; trims in the background when it is time. */
  added(sizeBytes: number): void;
  /** Resolves when nothing is being trimmed. */
  idle(): Promise<void>;
};

export function createCacheTrim(deps: { folder: string; limitBytes: number; clock: Clock }): CacheTrim {
  const { folder, limitBytes, clock } = deps;
  /** Until the first look nothing is known of what is there. */
  let cameBytes = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;

  const trim = async (): Promise<void> => {
    const found: { path: string; sizeBytes: number; usedMs: number }[] = [];
    for (const name of await readdir(folder).catch(() => [])) {
      if (!/^[0-9a-f]{2}$/.test(name)) continue;
      for (const rest of await readdir(join(folder, name))) {
        const path = join(folder, name, rest);
        const file = await stat(path).catch(() => undefined);
        if (file) found.push({ path, sizeBytes: file.size, usedMs: file.mtimeMs });
      }
    }
    let total = found.reduce((sum, one) => sum + one.sizeBytes, 0);
    if (total <= limitBytes) return;
    for (const one of found.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= limitBytes * lowShare || clock.nowMs() - one.usedMs < inUseMs) return;
      await rm(one.path, { force: true });
      total -= one.sizeBytes;
    }
  };

  return {
    async used(digest) {
      if (!/^[0-9a-f]{64}$/.test(digest)) return false;
      const path = join(folder, digest.slice(0, 2), digest.slice(2));
      const file = await stat(path).catch(() => undefined);
      if (!file) return false;
      const nowMs = clock.nowMs();
      if (nowMs - file.mtimeMs > touchMs) await utimes(path, nowMs / 1000, nowMs / 1000).catch(() => undefined);
      return true;
    },
    added(sizeBytes) {
      cameBytes += sizeBytes;
      if (running || cameBytes < limitBytes * lookShare) return;
      cameBytes = 0;
      running = trim()
        .catch(() => undefined)
        .finally(() => (running = undefined));
    },
    idle: async () => running,
  };
}
