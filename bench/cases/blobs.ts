import { randomFillSync } from "node:crypto";
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openFolderBlobs } from "../../packages/capstan/src/base/storage/folder-blobs.ts";
import { type Case, median, root, round, timed } from "../measure.ts";

type Limit = { ms: number; hashMs: number; digest: string; sizeBytes: number };

/** Adding a file to the store against reading, hashing and copying it; memory stays what it was. */
export const blobs: Case = async ({ folder, large }) => {
  const sizeBytes = large ? 5 * 2 ** 30 : 2 ** 28;
  const times = large ? 1 : 3;
  const path = join(folder, "large-file");
  const piece = Buffer.allocUnsafe(1 << 22);
  const file = openSync(path, "wx");
  for (let at = 0; at < sizeBytes; at += piece.length) writeSync(file, randomFillSync(piece));
  closeSync(file);

  const limits: Limit[] = [];
  const puts: number[] = [];
  let residentMb = 0;
  for (let i = 0; i < times; i++) {
    const ended = await timed(process.execPath, [`${root}bench/limits/hash-and-copy.ts`, path, join(folder, `copy-${i}`)]);
    if (ended.code !== 0) throw new Error(ended.stderr);
    limits.push(JSON.parse(ended.stdout) as Limit);
    rmSync(join(folder, `copy-${i}`));
    const store = openFolderBlobs(join(folder, `blobs-${i}`));
    const began = performance.now();
    const put = await store.putFile(path);
    puts.push(performance.now() - began);
    residentMb = Math.max(residentMb, process.memoryUsage.rss() / 1e6);
    const limit = limits[i];
    if (put.digest !== limit?.digest || put.sizeBytes !== sizeBytes || (await store.verify(put.digest)) !== "same")
      throw new Error("the store holds other bytes than the file");
    if (statSync(await store.localPath(put.digest)).size !== sizeBytes) throw new Error("the stored file has another size");
    rmSync(join(folder, `blobs-${i}`), { recursive: true });
  }
  rmSync(path);
  const speed = (ms: number): number => sizeBytes / 1e6 / (ms / 1000);
  const put = speed(median(puts));
  const copied = speed(median(limits.map((one) => one.ms)));
  const hashed = speed(median(limits.map((one) => one.hashMs)));
  return [
    {
      name: "adding a file",
      value: round(put, 0),
      unit: "MB/s",
      goal: { text: "70 % of the raw hash speed", holds: put >= 0.7 * hashed },
      limit: { value: round(copied, 0), program: "bench/limits/hash-and-copy.ts" },
      facts: {
        sizeBytes,
        times,
        hashAloneMbPerS: round(hashed, 0),
        shareOfHash: round(put / hashed, 2),
        residentMb: round(residentMb, 0),
        digestChecked: true,
      },
    },
  ];
};
