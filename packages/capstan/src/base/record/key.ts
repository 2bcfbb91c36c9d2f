import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { findSigner, newSignerText, type Signer } from "./signed-note.ts";

/**
 * The signing key of one store lies in the person's own folder (`keys/<store id>.key`, mode 0600), never in the store: who can write the store alone
 * cannot sign another history. `create` only for a store that was never signed: another key would look like a forgery.
 */
export async function findKey(options: {
  home: string;
  storeId: string;
  origin: string;
  create: boolean;
  seed?: Uint8Array;
}): Promise<Signer | undefined> {
  const folder = join(options.home, "keys");
  const path = join(folder, `${options.storeId}.key`);
  const present = await readSigner(path);
  if (present || !options.create) return present?.verifier.name === options.origin ? present : undefined;
  const beside = join(folder, `${options.storeId}.${randomBytes(6).toString("hex")}.new`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    // Durable before the first signature, and whole or absent: a key that a power cut takes away could never be replaced.
    await write(beside, `${newSignerText(options.origin, options.seed)}\n`);
    await link(beside, path);
    const entries = await open(folder, "r");
    await entries.sync();
    await entries.close();
  } catch {
    // Another process may have made it just now, or the folder cannot be written: then there is none.
  } finally {
    await rm(beside, { force: true }).catch(() => undefined);
  }
  return readSigner(path);
}

async function readSigner(path: string): Promise<Signer | undefined> {
  try {
    return findSigner((await readFile(path, "utf8")).trim());
  } catch {
    return undefined;
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}
