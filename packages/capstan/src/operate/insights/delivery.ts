import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import type { Database } from "../../base/storage/database.ts";

export type Delivery = OutputOf<(typeof insightsOperations)["insights.loop"]>["delivery"];
export const deliveryDays = 90;
const day = 86_400_000;
const points = 13;

/** A release that reached all traffic or was taken back, and when the newest data behind its version had come. */
type Moved = { outcome: "live" | "back"; atMs: number; dataMs: number | null };
type Restored = { atMs: number; tookMs: number };
export type DeliveryFacts = { nowMs: number; moved: readonly Moved[]; restored: readonly Restored[] };

/** From the record alone: no figure without an entry behind it. */
export async function deliveryFacts(database: Database, project: string, nowMs: number): Promise<DeliveryFacts> {
  const since = nowMs - 2 * deliveryDays * day;
  const entries = await database.all<{ action: string; subject_id: string; at_ms: number }>(
    "select action, subject_id, at_ms from entry where project = ? and action in ('release.promoted', 'release.rolled_back') and at_ms >= ? order by at_ms",
    [project, since],
  );
  const data = await database.all<{ release: string; added_ms: number }>(
    `with recursive reached (release, id) as (
       select number, 'model:' || model || '@v' || to_number from release where project = ? union select r.release, e.to_id from reached r join lineage_edge e on e.project = ? and e.from_id = r.id
     )
     select 'R-' || r.release as release, max(d.added_ms) as added_ms from reached r join data_version d on d.project = ? and r.id = 'data:' || d.dataset || '@v' || d.number group by r.release`,
    [project, project, project],
  );
  const dataOf = new Map(data.map((row) => [row.release, row.added_ms]));
  const incidents = await database.all<{
    restored_ms: number;
    impact_ms: number;
    class: string;
    opened_ms: number;
    took_ms: number | null;
  }>(
    `select i.restored_ms, i.impact_ms, i.class, i.opened_ms, r.took_ms from incident i left join release r on r.project = i.project and 'R-' || r.number = i.about
     where i.project = ? and i.restored_ms is not null and i.opened_ms >= ?`,
    [project, since],
  );
  return {
    nowMs,
    moved: entries.map((entry) => ({
      outcome: entry.action === "release.promoted" ? "live" : "back",
      atMs: entry.at_ms,
      dataMs: dataOf.get(entry.subject_id) ?? null,
    })),
    restored: incidents.map((one) => ({
      atMs: one.opened_ms,
      tookMs: one.class === "release" ? (one.took_ms ?? 0) : one.restored_ms - one.impact_ms,
    })),
  };
}

export function deliveryOf({ nowMs, moved, restored }: DeliveryFacts): Delivery {
  const from = nowMs - deliveryDays * day;
  const within = <T extends { atMs: number }>(all: readonly T[], start: number, end: number): T[] =>
    all.filter((one) => one.atMs > start && one.atMs <= end);
  const periods = [within(moved, from, nowMs), within(moved, from - deliveryDays * day, from)] as const;
  const line = (value: (some: readonly Moved[], restoredThen: readonly Restored[]) => number): number[] =>
    Array.from({ length: points }, (_, i) => {
      const [start, end] = [from + (i * deliveryDays * day) / points, from + ((i + 1) * deliveryDays * day) / points];
      return value(within(moved, start, end), within(restored, start, end));
    });
  const live = (some: readonly Moved[]): Moved[] => some.filter((one) => one.outcome === "live");
  const leads = (some: readonly Moved[]): number[] => live(some).flatMap((one) => (one.dataMs === null ? [] : [one.atMs - one.dataMs]));
  const failures = (some: readonly Moved[]): number | null =>
    some.length === 0 ? null : some.filter((one) => one.outcome === "back").length / some.length;
  const [now, before] = periods;
  const restores = within(restored, from, nowMs).map((one) => one.tookMs);
  const restoresBefore = within(restored, from - deliveryDays * day, from).map((one) => one.tookMs);
  const [lead, leadBefore] = [median(leads(now)), median(leads(before))];
  const [restore, restoreBefore] = [median(restores), median(restoresBefore)];
  const [failed, failedBefore] = [failures(now), failures(before)];
  const [rate, rateBefore] = [live(now).length, live(before).length].map((count) => count / (deliveryDays / 7)) as [number, number];
  return [
    {
      id: "data_to_live",
      label: "Data to live",
      value: lead === null ? "none yet" : spanOf(lead),
      small: lead === null ? "" : `median of ${leads(now).length}`,
      ...changeOf(lead, leadBefore, (ms) => spanOf(Math.abs(ms)), "less"),
      line: line((some) => median(leads(some)) ?? 0),
    },
    {
      id: "releases",
      label: "Releases",
      value: live(now).length === 0 ? "none yet" : `${figure(rate)} / week`,
      small: `${live(now).length} in ${deliveryDays} days`,
      ...changeOf(
        live(before).length + live(now).length === 0 ? null : rate,
        live(before).length === 0 ? null : rateBefore,
        (x) => figure(Math.abs(x)),
        "more",
      ),
      line: line((some) => live(some).length),
    },
    {
      id: "change_failures",
      label: "Change failures",
      value: failed === null ? "none yet" : `${figure(failed * 100)} %`,
      small: `${now.filter((one) => one.outcome === "back").length} of ${now.length} taken back`,
      ...changeOf(failed, failedBefore, (x) => `${figure(Math.abs(x) * 100)} pt`, "less"),
      line: line((some) => failures(some) ?? 0),
    },
    {
      id: "time_to_restore",
      label: "Time to restore",
      value: restore === null ? "none yet" : spanOf(restore),
      small: restore === null ? "" : `median of ${restores.length}`,
      ...changeOf(restore, restoreBefore, (ms) => spanOf(Math.abs(ms)), "less"),
      line: line((_, some) => median(some.map((one) => one.tookMs)) ?? 0),
    },
  ];
}

function changeOf(
  now: number | null,
  before: number | null,
  say: (difference: number) => string,
  better: "less" | "more",
): Pick<Delivery[number], "change" | "tone"> {
  if (now === null || before === null) return { change: null, tone: "same" };
  const difference = now - before;
  if (difference === 0) return { change: null, tone: "same" };
  return { change: `${difference > 0 ? "+" : "−"}${say(difference)}`, tone: difference < 0 === (better === "less") ? "better" : "worse" };
}

const figure = (value: number): string => String(Number(value.toPrecision(2)));
function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
export function spanOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${figure(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * day) return `${figure(ms / 3_600_000)} h`;
  return `${figure(ms / day)} d`;
}
