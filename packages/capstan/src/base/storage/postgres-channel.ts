import pg from "pg";
import type { Log } from "../foundation/log.ts";
import { connectionConfig } from "./postgres-connection.ts";

/** What PostgreSQL takes in one notification is less than 8000 bytes. */
const messageLimitBytes = 7900;
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** Short texts to every process on one database. What is sent while the connection is broken is lost: a cursor over the tables finds what must not be. */
export type Channel = {
  /** Texts longer than a notification may be are left out; the number of those that went. */
  send(texts: readonly string[]): Promise<number>;
  close(): Promise<void>;
};

/** Opens one connection that listens, and is made again when it breaks. `onText` also hears what this process sent; `onConnected` follows each connection. */
export function openChannel(options: {
  url: string;
  /** Lower-case letters, digits and underlines. */
  name: string;
  log: Log;
  onText(text: string): void;
  onConnected(): void;
}): Channel {
  let client: pg.Client | undefined;
  let closed = false;
  let pauseMs = firstPauseMs;
  let timer: NodeJS.Timeout | undefined;

  const again = (): void => {
    client = undefined;
    if (closed || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, pauseMs);
    timer.unref();
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  };
  const connect = async (): Promise<void> => {
    const next = new pg.Client(connectionConfig(options.url));
    next.on("error", () => undefined);
    next.on("end", () => {
      if (client === next) again();
    });
    next.on("notification", (message) => options.onText(message.payload ?? ""));
    try {
      await next.connect();
      await next.query(`listen ${options.name}`);
    } catch (error) {
      options.log.warn("channel", { error: error instanceof Error ? error.message : String(error) });
      void next.end().catch(() => undefined);
      return again();
    }
    if (closed) return void next.end().catch(() => undefined);
    client = next;
    pauseMs = firstPauseMs;
    options.onConnected();
  };
  const connecting = connect();

  return {
    async send(texts) {
      const short = texts.filter((text) => Buffer.byteLength(text) <= messageLimitBytes);
      if (!client || short.length === 0) return 0;
      await client.query("select pg_notify($1, text) from unnest($2::text[]) as text", [options.name, short]);
      return short.length;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
