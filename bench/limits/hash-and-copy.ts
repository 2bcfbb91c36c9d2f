import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";

/** The least that adding a file costs: read once, hash, write a copy, one sync. `node hash-and-copy.ts FROM TO` prints `{hashMs, ms, digest, sizeBytes}`; `hashMs` is reading and hashing alone. */
const [from = "", to = ""] = process.argv.slice(2);
const buffer = Buffer.allocUnsafe(1 << 20);

function pass(target: number | undefined): { ms: number; digest: string; sizeBytes: number } {
  const began = performance.now();
  const hasher = createHash("sha256");
  const file = openSync(from, "r");
  let sizeBytes = 0;
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
    hasher.update(buffer.subarray(0, read));
    if (target !== undefined) writeSync(target, buffer, 0, read);
    sizeBytes += read;
  }
  closeSync(file);
  if (target !== undefined) fdatasyncSync(target);
  return { digest: hasher.digest("hex"), sizeBytes, ms: performance.now() - began };
}

const hashed = pass(undefined);
const target = openSync(to, "wx");
const copied = pass(target);
closeSync(target);
if (copied.digest !== hashed.digest) throw new Error("the file changed meanwhile");
console.log(JSON.stringify({ ...copied, hashMs: hashed.ms }));
