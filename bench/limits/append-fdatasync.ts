import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";

/** The least that a durable change costs: one small append and one sync. `node append-fdatasync.ts FILE TIMES BYTES` prints milliseconds, one a line. */
const [path = "", times = "200", bytes = "512"] = process.argv.slice(2);
const piece = Buffer.alloc(Number(bytes), 1);
const file = openSync(path, "wx");
for (let i = 0; i < Number(times); i++) {
  const began = performance.now();
  writeSync(file, piece);
  fdatasyncSync(file);
  console.log((performance.now() - began).toFixed(4));
}
closeSync(file);
