import { createWriteStream } from "node:fs";
import { mkdir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { Store } from "../../../base/record/store.ts";
import { invalid } from "./failures.ts";

/** Keeps what clients upload as plain files in a folder, too, so that other programs can read it. The store's copy is the one that counts. */
export function createArtifactFolder(destination: string | undefined, store: Store) {
  const root = destination === undefined ? undefined : /^file:/i.test(destination) ? fileURLToPath(destination) : destination;

  /** The real folder that a file goes into; a link that leads out of the root is refused. */
  async function parentOf(base: string, path: string): Promise<string> {
    const folder = dirname(join(base, path));
    await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" || error.code === "ENOTDIR" ? invalid(`${path.slice(0, 200)} lies below a file`) : error;
    });
    const [real, realRoot] = [await realpath(folder), await realpath(base)];
    if (real !== realRoot && !real.startsWith(realRoot + sep)) throw invalid("Invalid path");
    return real;
  }

  return {
    async put(path: string, digest: string): Promise<void> {
      if (root === undefined) return;
      await mkdir(root, { recursive: true });
      const folder = await parentOf(root, path);
      const name = path.split("/").pop() ?? "";
      const draft = join(folder, `.${store.ids.hex()}.part`);
      try {
        await pipeline(await store.blobs.stream(digest), createWriteStream(draft, { flags: "wx" }));
        await rename(draft, join(folder, name));
      } catch (error) {
        await rm(draft, { force: true });
        throw (error as NodeJS.ErrnoException).code === "EISDIR" ? invalid(`${path.slice(0, 200)} is a folder`) : error;
      }
    },
    async remove(path: string): Promise<void> {
      if (root === undefined) return;
      const folder = await parentOf(root, path);
      await rm(join(folder, path.split("/").pop() ?? ""), { recursive: true, force: true });
    },
  };
}
