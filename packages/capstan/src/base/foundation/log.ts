/** Structured log: one JSON line an event. `fields` never hold secrets or personal data. */
export type Log = {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  debug(event: string, fields?: Record<string, unknown>): void;
};
export const silentLog: Log = { info() {}, warn() {}, error() {}, debug() {} };
