import type { OutputOf } from "@capstan/contract";
import type { incidentsOperations } from "@capstan/contract/operations/incidents";
import { toTime } from "../../base/foundation/clock.ts";
import type { Entry } from "../../base/record/model.ts";
import { sentenceOf } from "../../base/record/sentence.ts";
import { type Alert, alertName } from "../monitoring/model.ts";
import { dayOf, percent } from "../monitoring/words.ts";
import { type Incident, incidentName } from "./model.ts";

export type TimelineItem = OutputOf<(typeof incidentsOperations)["incidents.get"]>["timeline"][number];
type Room = TimelineItem["room"];

const rooms: Readonly<Record<string, Room>> = {
  data: "data",
  segment: "serving",
  route: "serving",
  window: "monitoring",
  monitor: "monitoring",
  alert: "monitoring",
  incident: "incidents",
  token: "access",
  release: "release",
  run: "tracking",
  check: "tracking",
  model: "pipeline",
  purpose: "governance",
  dossier: "governance",
};
const roomOf = (action: string): Room => rooms[action.split(".")[0] ?? ""] ?? "pipeline";

/** Assembled from the record: what the world did in its own time, what people and Capstan did about it in theirs. */
export function timelineOf(incident: Incident, alerts: readonly Alert[], entries: readonly Entry[]): TimelineItem[] {
  const items: TimelineItem[] = [];
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const add = (item: Partial<TimelineItem> & Pick<TimelineItem, "at" | "room" | "title">): void =>
    void items.push({ detail: "", mark: null, key: false, added: false, entry: null, href: null, ...item });
  const taken = new Set<string>();
  const first = alerts.at(0);
  if (first) {
    add({
      at: toTime(incident.impactMs),
      room: incident.class === "data" ? "data" : "monitoring",
      title: incident.title,
      detail: first.causes[0]?.evidence ?? "",
      mark: "cause",
      key: true,
      entry: byId.get(first.entryId)?.index ?? null,
    });
    add({
      at: toTime(incident.impactMs),
      room: "serving",
      title: `First window outside, ${dayOf(first.startMs)} to ${dayOf(first.endMs)}`,
      detail: first.detail,
      mark: "impact",
      key: true,
    });
  }
  for (const alert of alerts) {
    taken.add(alert.entryId);
    add({
      at: toTime(alert.endMs),
      room: "monitoring",
      title: `${alertName(alert.number)}: ${alert.title}`,
      detail: alert.detail,
      mark: alert === first ? "detected" : null,
      key: alert === first,
      entry: byId.get(alert.entryId)?.index ?? null,
      href: `/p/${incident.project}/monitors/${alert.monitor}`,
    });
  }
  const opened = byId.get(incident.entryId);
  taken.add(incident.entryId);
  add({
    at: toTime(incident.detectedMs),
    room: "incidents",
    title: `${incidentName(incident.number)} opened`,
    detail: `severity ${incident.severity}, class ${incident.class}`,
    mark: first ? null : "detected",
    key: !first,
    entry: opened?.index ?? null,
  });
  for (const entry of entries) {
    if (taken.has(entry.id) || entry.action === "window.judged") continue;
    const settled = entry.action === "incident.settled";
    const closed = entry.action === "incident.closed";
    const at =
      settled && incident.restoredMs !== null
        ? toTime(incident.restoredMs)
        : entry.action === "alert.closed"
          ? toTime(incident.restoredMs ?? Date.parse(entry.at))
          : entry.at;
    add({
      at,
      room: roomOf(entry.action),
      title: titleOf(entry),
      detail: detailOf(entry),
      mark: settled ? "restored" : entry.action === "release.rolled_back" ? "mitigated" : null,
      key: settled || closed || entry.action.startsWith("release.") || entry.action === "model.version.registered",
      entry: entry.index,
      href: hrefOf(entry),
    });
  }
  return items
    .map((item, i) => ({ item, i }))
    .sort((a, b) => Date.parse(a.item.at) - Date.parse(b.item.at) || a.i - b.i)
    .map(({ item }) => item);
}

const payloadText = (entry: Entry, key: string): string | undefined => {
  const payload = entry.payload;
  const value =
    payload !== null && typeof payload === "object" && !Array.isArray(payload) ? (payload as Record<string, unknown>)[key] : undefined;
  return typeof value === "string" ? value : undefined;
};
function titleOf(entry: Entry): string {
  if (entry.action === "incident.settled") return "Inside the bounds again";
  if (entry.action === "alert.closed") return "Alerts closed: the next window is quiet";
  if (entry.action === "model.version.registered") return `${entry.subject.id} registered`;
  if (entry.action.startsWith("release.")) return `${entry.subject.id} ${entry.action.slice("release.".length).replaceAll("_", " ")}`;
  return sentenceOf(entry);
}
const detailOf = (entry: Entry): string =>
  payloadText(entry, "reason") ?? payloadText(entry, "because") ?? payloadText(entry, "message") ?? "";
function hrefOf(entry: Entry): string | null {
  const { type, id } = entry.subject;
  if (type === "release") return `/p/${entry.project}/releases/${id}`;
  if (type === "run") return `/p/${entry.project}/runs/${id}`;
  if (type === "model") return `/p/${entry.project}/models/${id.replace("@", "/")}`;
  return null;
}

/** The series that says most, around the incident. */
export function impactOf(
  incident: Incident,
  alerts: readonly Alert[],
  windows: readonly {
    startMs: number;
    endMs: number;
    cells: readonly {
      series: string;
      value: number | null;
      bound: number | null;
      lower: number | null;
      interval: readonly [number, number] | null;
      excess: number;
    }[];
  }[],
): OutputOf<(typeof incidentsOperations)["incidents.get"]>["impact"] {
  const [first] = alerts;
  const start = windows.find((window) => window.startMs === first?.startMs);
  if (!first || !start) return null;
  const own = start.cells.filter((cell) => first.series.includes(cell.series));
  const leading = own.find((cell) => cell.series === "realised:label-share") ?? own.toSorted((a, b) => b.excess - a.excess)[0];
  if (!leading) return null;
  const low = leading.lower !== null && leading.value !== null && leading.value < leading.lower;
  const points = windows.flatMap((window) => {
    const cell = window.cells.find((one) => one.series === leading.series);
    return cell
      ? [{ at: toTime(window.startMs), value: cell.value, low: cell.interval?.[0] ?? null, high: cell.interval?.[1] ?? null }]
      : [];
  });
  const name = leading.series.slice(leading.series.indexOf(":") + 1);
  return {
    label:
      leading.lower === null
        ? `${name}: distance from the reference`
        : `${name}, bound ${percent((low ? leading.lower : leading.bound) ?? 0)}`,
    bound: low ? leading.lower : leading.bound,
    points,
  };
}
