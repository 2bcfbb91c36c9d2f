import { realpathSync, statSync } from "node:fs";
import { CapstanError } from "../foundation/errors.ts";

/** Where everything of a store is, as one process sees it. */
export type StorePlace = {
  /** This process's own folder: objects unless `blobs`, spool, sandboxes, logs. */
  readonly storeFolder: string;
  /** A folder on this machine for what machines cannot share: SQLite's database, lease and socket of the host. The store's folder, unless that is on a network file system. */
  readonly localFolder: string;
  /** The network file system because of which these two differ. */
  readonly network?: string;
  /** URL of a PostgreSQL database; without it SQLite in `localFolder`. */
  readonly database?: string;
  /** `s3://bucket/prefix`, or the absolute path of a folder; without it `blobs/` of the store's folder. */
  readonly blobs?: string;
};

const postgresSchemes = new Set(["postgres:", "postgresql:"]);

/** A URL that may hold a password, which no error may show. */
function urlOf(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new CapstanError("CAP-STORE-013", { what, problem: "it is no URL" });
  return url;
}

/** The URL of a database, or CAP-STORE-013. */
export function databaseUrl(text: string): string {
  const url = urlOf(text, "the database");
  if (!postgresSchemes.has(url.protocol))
    throw new CapstanError("CAP-STORE-013", {
      what: "the database",
      problem: `\`${url.protocol}\` is no kind of database that Capstan knows`,
    });
  if (url.pathname.length < 2)
    throw new CapstanError("CAP-STORE-013", { what: "the database", problem: "it names no database on its server" });
  return text;
}

/** A place for objects: a bucket, or a folder, taken relative to `from` by `resolve`. */
export function blobsPlace(text: string, resolve: (path: string) => string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return resolve(text);
  const url = urlOf(text, "the objects");
  if (url.protocol !== "s3:")
    throw new CapstanError("CAP-STORE-013", { what: "the objects", problem: `\`${url.protocol}\` is no place that Capstan knows` });
  if (url.hostname === "") throw new CapstanError("CAP-STORE-013", { what: "the objects", problem: "it names no bucket" });
  if (url.username !== "" || url.password !== "")
    throw new CapstanError("CAP-STORE-013", { what: "the objects", problem: "credentials do not belong into it" });
  return text;
}

export const hasPassword = (database: string): boolean => {
  const url = URL.canParse(database) ? new URL(database) : undefined;
  return url !== undefined && (url.password !== "" || url.searchParams.has("password"));
};

/** The same URL without what must not be kept or shown. */
export function withoutPassword(database: string): string {
  const url = urlOf(database, "the database");
  url.password = "";
  for (const name of ["password", "sslpassword"]) url.searchParams.delete(name);
  return url.href;
}

/** Server and database, without who asks for it and how: what two URLs of one database have in common, and what may be shown. */
export function databaseName(database: string): string {
  const url = urlOf(database, "the database");
  const host = url.hostname || decodeURIComponent(url.searchParams.get("host") ?? "") || "localhost";
  return `postgres://${host.startsWith("/") ? host : host.toLowerCase()}:${url.port || (url.searchParams.get("port") ?? "5432")}/${decodeURIComponent(url.pathname.slice(1))}`;
}

/** A folder as no other one is named while it exists: by machine, path and file number. */
export const folderIdentity = (folder: string, machine: string): string => `${machine}:${realpathSync(folder)}:${statSync(folder).ino}`;
