import type { Ids } from "../foundation/ids.ts";
import type { Log } from "../foundation/log.ts";
import { type Database, statement } from "./database.ts";
import type { Migration, TableClass } from "./migrations.ts";

export const hostTables: Record<string, TableClass> = { store: "operational", host: "operational", duty: "operational" };
export const hostMigrations: Migration[] = [
  {
    room: "storage",
    number: 1,
    sql: `
create table store (
  one BIGINT primary key,
  id TEXT not null
);
create table host (
  id TEXT primary key,
  place TEXT not null,
  project TEXT not null,
  signs BIGINT not null,
  until_ms BIGINT not null
);
create table duty (
  name TEXT primary key,
  host TEXT not null
);
`,
  },
];

/** How long a host that says nothing counts as one that lives. */
const leaseMs = 10_000;
const beatMs = 3_000;
/** By the database's clock: those of machines may differ. */
const serverNowMs = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** The processes that write one store. On SQLite it is this one alone; on PostgreSQL each says that it lives, and takes duties that only one may have. */
export type Hosts = {
  /** This process, as attempts, leases and duties name it. */
  readonly id: string;
  /** Whether a host has ended: it says nothing any more, or this one has its folder, which only one process can hold. */
  left(): Promise<(host: string) => boolean>;
  /** True when the duty is this process's: free, its own already, or left by who had it; with `force`, whoever has it. */
  take(duty: string, force?: boolean): Promise<boolean>;
  drop(duty: string): Promise<void>;
  /** Whether another process lives that has the signing key. */
  otherSigns(): Promise<boolean>;
  start(own: { signs: boolean }): Promise<void>;
  stop(): Promise<void>;
};

export type HostsDeps = {
  database: Database;
  ids: Ids;
  log: Log;
  /** The folder that this process holds, with its machine. */ place: string;
  project: string;
};

export function createHosts(deps: HostsDeps): Hosts {
  const { database, log } = deps;
  const id = deps.ids.ulid();
  if (database.dialect === "sqlite")
    return {
      id,
      left: async () => (host) => host !== id,
      take: async () => true,
      drop: async () => undefined,
      otherSigns: async () => false,
      start: async () => undefined,
      stop: async () => undefined,
    };

  let timer: NodeJS.Timeout | undefined;
  let signs = 0;
  const beat = async (): Promise<void> => {
    await database.commit([
      statement(
        `insert into host (id, place, project, signs, until_ms) values (?, ?, ?, ?, ${serverNowMs} + ${leaseMs}) on conflict (id) do update set until_ms = excluded.until_ms`,
        id,
        deps.place,
        deps.project,
        signs,
      ),
    ]);
  };
  return {
    id,
    async left() {
      const rows = await database.all<{ id: string }>(`select id from host where id = ? or (place <> ? and until_ms >= ${serverNowMs})`, [
        id,
        deps.place,
      ]);
      const living = new Set(rows.map((row) => row.id));
      return (host) => host !== id && !living.has(host);
    },
    async take(duty, force = false) {
      const [rows] = await database.commit([
        statement(
          `insert into duty (name, host) values (?, ?) on conflict (name) do update set host = excluded.host
           where ? = 1 or duty.host = excluded.host or not exists (select 1 from host where host.id = duty.host and host.place <> ? and host.until_ms >= ${serverNowMs}) returning name`,
          duty,
          id,
          force ? 1 : 0,
          deps.place,
        ),
      ]);
      return rows?.length === 1;
    },
    async drop(duty) {
      await database.commit([statement("delete from duty where name = ? and host = ?", duty, id)]);
    },
    async otherSigns() {
      return (await database.find(`select id from host where id <> ? and signs = 1 and until_ms >= ${serverNowMs}`, [id])) !== undefined;
    },
    async start(own) {
      signs = own.signs ? 1 : 0;
      await beat();
      // Long gone: nobody asks for them any more.
      await database.commit([
        statement("delete from host where place = ? and id <> ?", deps.place, id),
        statement(`delete from host where until_ms < ${serverNowMs} - 86400000`),
      ]);
      timer = setInterval(() => void beat().catch((error: unknown) => log.warn("hosts.beat", { error: String(error) })), beatMs);
      timer.unref();
    },
    async stop() {
      // Its row stays until its time is over: whoever comes back to this folder knows better than others what is left there.
      clearInterval(timer);
    },
  };
}
