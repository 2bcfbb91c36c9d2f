import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { S3Place } from "../../../base/storage/s3-client.ts";
import type { Left, MlflowSource } from "../model.ts";
import { leftOf, localFolder } from "./local-files.ts";
import { createPlaces } from "./places.ts";

export type SourceOptions = {
  from: string;
  artifacts?: string | undefined;
  token?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  /** How a bucket is reached, for artifacts that lie in one. */
  s3?: ((uri: string) => S3Place) | undefined;
};

/** Opens what `from` names: a server, a database, or an mlruns folder. */
export async function openSource(options: SourceOptions): Promise<MlflowSource> {
  const { from } = options;
  if (/^https?:\/\//i.test(from)) return (await import("./server.ts")).serverSource(options);
  const refused = new Map<string, number>();
  const { s3 } = options;
  const objects = s3 && (async (uri: string) => (await import("./objects.ts")).objectsBelow(uri, s3));
  const placed = (roots: readonly string[]) => createPlaces({ roots, artifacts: options.artifacts, objects, refused });
  const withRefused = (source: MlflowSource): MlflowSource => ({
    ...source,
    left: async (): Promise<Left[]> => [...(await source.left()), ...leftOf(refused)],
  });
  if (/^postgres(ql)?(\+\w+)?:\/\//i.test(from)) {
    const url = new URL(from.replace(/^postgres(ql)?(\+\w+)?:/i, "postgres:"));
    const label = `postgres://${url.host}${url.pathname}`;
    const { openPostgresRows } = await import("./rows.ts");
    const { databaseSource } = await import("./database.ts");
    return withRefused(await databaseSource(await openPostgresRows(url.href, label), label, placed([])));
  }
  const path = /^sqlite:\/\/\/(.*)$/i.exec(from)?.[1] ?? localFolder(from) ?? from;
  if (!isAbsolute(path))
    throw new CapstanError("CAP-EXCHANGE-001", { source: from, problem: "it is neither an address nor an absolute path" });
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts) throw new CapstanError("CAP-DATA-005", { path });
  const file = facts.isDirectory() ? [join(path, "mlflow.db")].find(existsSync) : path;
  const folder = facts.isDirectory() ? [path, join(path, "mlruns")].find(looksLikeRuns) : undefined;
  if (folder !== undefined) {
    const { folderSource } = await import("./folder.ts");
    return withRefused(await folderSource(folder, placed([folder, dirname(folder)])));
  }
  if (file === undefined)
    throw new CapstanError("CAP-EXCHANGE-001", { source: path, problem: "the folder holds neither experiments nor mlflow.db" });
  const { openSqliteRows } = await import("./rows.ts");
  const { databaseSource } = await import("./database.ts");
  return withRefused(await databaseSource(await openSqliteRows(file), file, placed([dirname(file)])));
}

/** The default experiment is made with the folder; one that was deleted for good leaves the trash or the registry. */
const looksLikeRuns = (folder: string): boolean => ["0/meta.yaml", ".trash", "models"].some((name) => existsSync(join(folder, name)));
