import { Cron } from "croner";

/** When a schedule comes next after a time, in ms; null when never. Five fields of cron, or six with seconds first, in a time zone (UTC unless said), summer time included. */
export const nextTime = (schedule: string, zone: string | undefined, afterMs: number): number | null =>
  new Cron(schedule, { timezone: zone ?? "UTC", paused: true }).nextRun(new Date(afterMs))?.getTime() ?? null;
