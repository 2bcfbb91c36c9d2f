import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { ArtifactEntry, Artifact } from "./model.ts";
import { clean } from "./rules.ts";

type StoredFile = Artifact & { project: string };

/** Files and folders directly below a folder, from the paths of all files below it. */
export function entriesBelow(files: readonly Artifact[], folder: string): ArtifactEntry[] {
  const below = folder === "" ? "" : `${folder.replace(/\/+$/, "")}/`;
  const entries = new Map<string, ArtifactEntry>();
  for (const one of files) {
    if (!one.path.startsWith(below)) continue;
    const [first = "", ...deeper] = one.path.slice(below.length).split("/");
    const path = below + first;
    if (deeper.length > 0) entries.set(path, { path, folder: true, sizeBytes: null, digest: null });
    else entries.set(path, { path, folder: false, sizeBytes: one.sizeBytes, digest: one.digest });
  }
  return [...entries.values()];
}

/** Named bytes that belong to no run: of logged models, traces, and what clients put beside. Paths are unique per store. */
export function createStoredFiles({ database }: Store) {
  type FileRow = { path: string; project: string; digest: string; size_bytes: number };
  const fileOf = (row: FileRow): StoredFile => ({ path: row.path, project: row.project, digest: row.digest, sizeBytes: row.size_bytes });
  /** The text after every text that begins with `prefix`: half of a range that an index serves, in the order of bytes. */
  const past = (prefix: string): string => `${prefix}\u{10ffff}`;

  return {
    async find(path: string): Promise<StoredFile | undefined> {
      const row = await database.find<FileRow>("select * from stored_file where path = ?", [path]);
      return row && fileOf(row);
    },
    /** All below a folder, in the order of paths. */
    async below(folder: string): Promise<StoredFile[]> {
      const prefix = folder === "" ? "" : `${folder.replace(/\/+$/, "")}/`;
      const bytewise = database.dialect === "postgres" ? 'path collate "C"' : "path";
      const rows =
        prefix === ""
          ? await database.all<FileRow>(`select * from stored_file order by ${bytewise}`)
          : await database.all<FileRow>(`select * from stored_file where ${bytewise} >= ? and ${bytewise} < ? order by ${bytewise}`, [
              prefix,
              past(prefix),
            ]);
      return rows.map(fileOf);
    },
    /** The same path again replaces it, within its project. */
    async put(project: string, path: string, blob: { digest: string; sizeBytes: number }): Promise<void> {
      await database.commit([
        {
          sql: "insert into stored_file (path, project, digest, size_bytes) values (?, ?, ?, ?) on conflict (path) do update set digest = excluded.digest, size_bytes = excluded.size_bytes where stored_file.project = excluded.project",
          params: [clean(path), project, blob.digest, blob.sizeBytes],
          guard: { rows: 1, noun: "file", name: path },
        },
      ]);
    },
    /** A file, or all below a folder, of these projects (all when absent). */
    async remove(path: string, projects: readonly string[] | undefined): Promise<void> {
      const files = [await this.find(path), ...(await this.below(path))].filter((one) => one !== undefined);
      const mine = files.filter((one) => !projects || projects.includes(one.project));
      if (mine.length === 0) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "artifact", name: path });
      await database.commit(mine.map((one) => ({ sql: "delete from stored_file where path = ?", params: [one.path] })));
    },
  };
}
