import pino from "pino";
import type { Log } from "./log.ts";

/** JSON lines to a file (or stderr when none is given). */
export function openLog(level: "silent" | "info" | "debug" | "trace", path?: string): Log {
  if (level === "silent" && path === undefined) return { info() {}, warn() {}, error() {}, debug() {} };
  const sink = path === undefined ? pino.destination(2) : pino.destination({ dest: path, mkdir: true, sync: false, append: true });
  // A log that cannot be written must not end the program that it is about.
  sink.on("error", () => undefined);
  const logger = pino({ level: level === "silent" ? "info" : level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  return {
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    debug: (event, fields) => logger.debug(fields ?? {}, event),
  };
}
