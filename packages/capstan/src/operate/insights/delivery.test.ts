import { expect, it } from "vitest";
import { deliveryOf, spanOf } from "./delivery.ts";

const day = 86_400_000;
const nowMs = 1000 * day;

it("measures data to live, releases, failures and time to restore, against the period before", () => {
  const moved = [
    { outcome: "live" as const, atMs: nowMs - day, dataMs: nowMs - 3 * day },
    { outcome: "live" as const, atMs: nowMs - 2 * day, dataMs: nowMs - 6 * day },
    { outcome: "back" as const, atMs: nowMs - 3 * day, dataMs: null },
    { outcome: "live" as const, atMs: nowMs - 100 * day, dataMs: nowMs - 110 * day },
    { outcome: "live" as const, atMs: nowMs - 400 * day, dataMs: nowMs - 401 * day },
  ];
  const [lead, releases, failures, restore] = deliveryOf({
    nowMs,
    moved,
    restored: [
      { atMs: nowMs - day, tookMs: 300 },
      { atMs: nowMs - 95 * day, tookMs: 60_000 },
    ],
  });
  expect(lead).toMatchObject({ value: "3 d", small: "median of 2", change: "−7 d", tone: "better" });
  expect(releases).toMatchObject({ value: "0.16 / week", small: "2 in 90 days", change: "+0.078", tone: "better" });
  expect(failures).toMatchObject({ value: "33 %", small: "1 of 3 taken back", change: "+33 pt", tone: "worse" });
  expect(restore).toMatchObject({ value: "300 ms", tone: "better" });
  for (const one of [lead, releases, failures, restore]) expect(one!.line).toHaveLength(13);
});

it("says that there is nothing yet instead of a zero", () => {
  for (const one of deliveryOf({ nowMs, moved: [], restored: [] })) expect(one).toMatchObject({ value: "none yet", change: null });
});

it("says spans as people do", () => {
  expect([40, 5000, 300_000, 3 * 3_600_000, 3 * day].map(spanOf)).toEqual(["40 ms", "5 s", "5 min", "3 h", "3 d"]);
});
