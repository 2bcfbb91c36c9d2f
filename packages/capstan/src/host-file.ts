import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "./base/foundation/hashing.ts";

/** `host.json` in the store's folder: where the host of a store listens. Its port is kept for the next host; `pid` is absent when none runs. */
export type HostFile = { socket: string; port: number; pid?: number; version: string };

export const hostFilePath = (storeFolder: string): string => join(storeFolder, "host.json");
export const leasePath = (storeFolder: string): string => join(storeFolder, "host.lease");

/** Beside the store, unless that path is longer than a socket's name may be (108 bytes on Linux). */
export function socketPath(storeFolder: string): string {
  const beside = join(storeFolder, "host.sock");
  return Buffer.byteLength(beside) < 100 ? beside : join(tmpdir(), `capstan-${sha256(storeFolder).slice(0, 16)}.sock`);
}

export function readHostFile(storeFolder: string): HostFile | undefined {
  const path = hostFilePath(storeFolder);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as HostFile;
  } catch {
    return undefined;
  }
}

export function writeHostFile(storeFolder: string, file: HostFile): void {
  const path = hostFilePath(storeFolder);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

export const removeSocket = (path: string): void => rmSync(path, { force: true });
