import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Log } from "../../base/foundation/log.ts";

/** How many files and connections this process may have open at once; undefined where the system does not say. */
export function openFileLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+([0-9]+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Connections that are taken: files for the store and what it reads are left over. */
export const mostConnections = (openFiles: number): number => Math.max(16, openFiles - Math.max(64, Math.floor(openFiles / 8)));

const everyMs = 1000;
const toldEveryMs = 60_000;

/**
 * Keeps a server below what the system lets it have open. When it comes near, connections on which nothing is asked are closed, which their clients open again when they
 * need them; only when so many are in use is a new one turned away, and the log says what to raise.
 */
export function limitConnections(
  server: Server,
  { openFiles, log, nowMs }: { openFiles: number | undefined; log: Log; nowMs: () => number },
): void {
  // After it listens, a failure to accept must not end the program.
  server.on("error", (error: Error) => log.error("server.accept", { error: error.message }));
  if (openFiles === undefined) return;
  const most = mostConnections(openFiles);
  server.maxConnections = most;
  let open = 0;
  let closedMs = -Infinity;
  let toldMs = -Infinity;
  let turnedAway = 0;
  const makeRoom = (): void => {
    if (nowMs() - closedMs < everyMs) return;
    closedMs = nowMs();
    server.closeIdleConnections();
  };
  server.on("connection", (socket) => {
    open++;
    socket.once("close", () => open--);
    if (open > most * 0.9) makeRoom();
  });
  server.on("drop", () => {
    turnedAway++;
    makeRoom();
    if (nowMs() - toldMs < toldEveryMs) return;
    toldMs = nowMs();
    log.warn("server.connections", { turnedAway, most, openFiles, do: "let it open more: `ulimit -n`, or LimitNOFILE of the service" });
    turnedAway = 0;
  });
}
