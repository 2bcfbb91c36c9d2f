import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { sha256 } from "./base/foundation/hashing.ts";

/** `host.json` in the store's folder: where the host of a store listens. Its port is kept for the next host; `pid` is absent when none runs. */
export type HostFile = { socket: string; port: number; pid?: number; version: string };

export const hostFilePath = (storeFolder: string): string => join(storeFolder, "host.json");
export const leasePath = (storeFolder: string): string => join(storeFolder, "host.lease");

const socketName = "host.sock";

/** Beside the store, unless that path is longer than a socket's name may be (108 bytes on Linux). */
export function socketPath(storeFolder: string): string {
  const beside = join(storeFolder, socketName);
  return Buffer.byteLength(beside) < 100 ? beside : join(tmpdir(), `capstan-${sha256(storeFolder).slice(0, 16)}.sock`);
}

export function readHostFile(storeFolder: string): HostFile | undefined {
  const path = hostFilePath(storeFolder);
  if (!existsSync(path)) return undefined;
  try {
    const file = JSON.parse(readFileSync(path, "utf8")) as HostFile;
    const { pid: _, ...unhosted } = file;
    return isOwnSocket(storeFolder, file.socket) ? file : unhosted;
  } catch {
    return undefined;
  }
}

/** A store copied while it was hosted names the socket of the original: whoever answers there writes another store. */
function isOwnSocket(storeFolder: string, socket: string): boolean {
  if (socket === socketPath(storeFolder)) return true;
  if (basename(socket) !== socketName || !existsSync(dirname(socket))) return false;
  const [own, named] = [statSync(storeFolder), statSync(dirname(socket))];
  return own.dev === named.dev && own.ino === named.ino;
}

export function writeHostFile(storeFolder: string, file: HostFile): void {
  const path = hostFilePath(storeFolder);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

export const removeSocket = (path: string): void => rmSync(path, { force: true });
