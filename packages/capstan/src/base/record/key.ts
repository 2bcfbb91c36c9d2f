import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findSigner, newSignerText, type Signer } from "./signed-note.ts";

/**
 * The signing key of one store lies in the person's own folder (`keys/<store id>.key`, mode 0600), never in the store: who can write the store alone
 * cannot sign another history. `create` only for a store that was never signed: another key would look like a forgery.
 */
export async function findKey(options: { home: string; storeId: string; origin: string; create: boolean; seed?: Uint8Array }): Promise<Signer | undefined> {
  const folder = join(options.home, "keys");
  const path = join(folder, `${options.storeId}.key`);
  const present = await readSigner(path);
  if (present || !options.create) return present?.verifier.name === options.origin ? present : undefined;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const file = await open(path, "wx", 0o600);
    await file.writeFile(`${newSignerText(options.origin, options.seed)}\n`);
    await file.datasync();
    await file.close();
  } catch {
    // Another process may have made it just now, or the folder cannot be written: then there is none.
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
