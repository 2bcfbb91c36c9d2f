import { expect, it } from "vitest";
import type { AlertDraft, TriggerRequest } from "./model.ts";
import { requestsOf, rests } from "./triggers.ts";

const day = 86_400_000;
const alert = (endMs: number): AlertDraft => ({
  project: "small",
  number: 1,
  monitor: "inputs",
  route: "late",
  model: "late",
  cluster: "prior:late",
  kind: "prior",
  title: "",
  detail: "",
  series: [],
  causes: [],
  startMs: endMs - day,
  endMs,
  harmless: null,
  severity: 3,
  evidence: "",
  entryId: "entry",
  openedMs: 0,
});
const config = (limit?: { cool_down?: number; per_day?: number }) => ({
  triggers: { retrain: { when: { alert: "monitor:inputs" }, ...(limit && { limit }) } },
});
/** Alerts of incidents of their own, at these event days: which of them ask. */
function asking(days: readonly number[], limit?: { cool_down?: number; per_day?: number }): number[] {
  const known: TriggerRequest[] = [];
  return days.filter((at, i) => {
    const asked = requestsOf(config(limit), alert(at * day), `INC-${i + 1}`, 0, known);
    known.push(...asked);
    return asked.length > 0;
  });
}

it("asks for each incident where no limit is declared", () => expect(asking([1, 1.1, 1.2, 9])).toEqual([1, 1.1, 1.2, 9]));

it("rests for its cool-down after it was asked for, in event time", () => {
  expect(asking([1, 2, 2.9, 3, 9], { cool_down: 2 * day })).toEqual([1, 3, 9]);
});

it("is asked for so often a day and no more", () => {
  expect(asking([1, 1.2, 1.4, 1.9, 2.1, 3], { per_day: 2 })).toEqual([1, 1.2, 2.1, 3]);
});

it("asks once an incident, whatever the limit leaves open", () => {
  const [first] = requestsOf(config(), alert(day), "INC-1", 0, []);
  expect(requestsOf(config(), alert(9 * day), "INC-1", 0, first ? [first] : [])).toEqual([]);
});

it("a limit of nothing never rests", () => expect(rests(undefined, 5, [{ dueMs: 5 }])).toBe(false));
