import { closeSync, constants, copyFileSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

/** What is sent to a tracking server: a message, or the bytes of a file. Paths are relative to its address. */
export type Request = { post: string; body: object } | { put: string; file: string };

const pieceBytes = 1 << 18;

/**
 * Requests of one run that no server has taken yet, in order, in a folder that outlives this process: `<name>.jsonl` has one request a line, `<name>.sent` how many
 * bytes of it are settled (20 digits), `<name>.<n>` a copy of each file to be sent. Whoever reads it later sends what lies behind that number; a line without its end does not count.
 */
export class Spool {
  readonly #folder: string;
  readonly #name: string;
  #lines: number | undefined;
  #sent: number | undefined;
  #sizeBytes = 0;
  #sentBytes = 0;
  #nextBytes = 0;
  #files = 0;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  get empty(): boolean {
    return this.#sentBytes === this.#sizeBytes;
  }

  append(request: Request): void {
    const lines = this.#open();
    let kept = request;
    if ("put" in request) {
      const copy = join(this.#folder, `${this.#name}.${++this.#files}`);
      copyFileSync(request.file, copy, constants.COPYFILE_FICLONE);
      kept = { put: request.put, file: basename(copy) };
    }
    const line = Buffer.from(`${JSON.stringify(kept)}\n`);
    for (let written = 0; written < line.length;)
      written += writeSync(lines, line, written, line.length - written, this.#sizeBytes + written);
    this.#sizeBytes += line.length;
  }

  /** The oldest request that is not settled. */
  next(): Request | undefined {
    if (this.empty) return undefined;
    const lines = this.#open();
    let text = Buffer.alloc(0);
    for (let end = -1; end < 0;) {
      const piece = Buffer.alloc(pieceBytes);
      const read = readSync(lines, piece, 0, pieceBytes, this.#sentBytes + text.length);
      if (read === 0) throw new Error(`${this.#name}.jsonl was cut while it was in use`);
      text = Buffer.concat([text, piece.subarray(0, read)]);
      end = text.indexOf(10);
      if (end >= 0) text = text.subarray(0, end);
    }
    this.#nextBytes = text.length + 1;
    const request = JSON.parse(text.toString("utf8")) as Request;
    return "put" in request ? { put: request.put, file: join(this.#folder, request.file) } : request;
  }

  /** What `next` gave last is settled: taken, or refused for good. */
  settled(): void {
    this.#sentBytes += this.#nextBytes;
    this.#nextBytes = 0;
    this.#note();
    if (!this.empty) return;
    // Cut first: a number beyond the end means that everything is settled.
    ftruncateSync(this.#open(), 0);
    this.#sizeBytes = this.#sentBytes = 0;
    this.#note();
    for (; this.#files > 0; this.#files--) rmSync(join(this.#folder, `${this.#name}.${this.#files}`), { force: true });
  }

  close(): void {
    for (const file of [this.#lines, this.#sent]) {
      if (file === undefined) continue;
      if (!this.empty) fsyncSync(file);
      closeSync(file);
    }
    this.#lines = this.#sent = undefined;
  }

  #open(): number {
    if (this.#lines === undefined) {
      mkdirSync(this.#folder, { recursive: true });
      this.#lines = openSync(join(this.#folder, `${this.#name}.jsonl`), "w+", 0o600);
      this.#sent = openSync(join(this.#folder, `${this.#name}.sent`), "w", 0o600);
      this.#note();
    }
    return this.#lines;
  }

  #note(): void {
    if (this.#sent !== undefined) writeSync(this.#sent, String(this.#sentBytes).padStart(20, "0"), 0);
  }
}
