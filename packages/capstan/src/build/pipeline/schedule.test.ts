import { expect, test } from "vitest";
import { nextTime } from "./schedule.ts";

const next = (schedule: string, zone: string | undefined, after: string): string | null => {
  const ms = nextTime(schedule, zone, Date.parse(after));
  return ms === null ? null : new Date(ms).toISOString();
};

test("times come in their zone, over the change of summer time, and strictly after", () => {
  expect(next("0 3 * * 1", undefined, "2026-11-21T06:00:00Z")).toBe("2026-11-23T03:00:00.000Z");
  expect(next("0 3 * * 1", undefined, "2026-11-23T03:00:00Z")).toBe("2026-11-30T03:00:00.000Z");
  expect(next("30 8 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T06:30:00.000Z");
  expect(next("30 8 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z")).toBe("2026-03-28T07:30:00.000Z");
  expect(next("*/10 * * * * *", undefined, "2026-11-21T06:00:01Z")).toBe("2026-11-21T06:00:10.000Z");
  expect(next("0 0 31 2 *", undefined, "2026-11-21T06:00:00Z")).toBeNull();
});
