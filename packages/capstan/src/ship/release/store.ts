import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert, type Row, statement } from "../../base/storage/database.ts";
import type { Progress } from "./analysis.ts";
import { activeStates, type Release, releaseName, type ReleaseState, type Transition } from "./model.ts";

const json = (value: unknown): string => canonicalJson(value as Json);

type ReleaseRow = {
  project: string;
  number: number;
  route: string;
  model: string;
  from_number: number | null;
  to_number: number;
  bundle: string;
  plan: string;
  state: string;
  paused_from: string | null;
  rev: number;
  verdict: string | null;
  override_reason: string | null;
  gate: string | null;
  stages: string;
  because: string;
  because_entry: string | null;
  epoch: number | null;
  evidence_digest: string | null;
  took_ms: number | null;
  incident: string | null;
  candidate: string;
  started_ms: number;
  ended_ms: number | null;
  entry_id: string;
};
const releaseOf = (row: ReleaseRow): Release => ({
  project: row.project,
  number: row.number,
  route: row.route,
  model: row.model,
  from: row.from_number,
  to: row.to_number,
  bundle: row.bundle,
  plan: JSON.parse(row.plan),
  state: row.state as ReleaseState,
  pausedFrom: row.paused_from as ReleaseState | null,
  rev: row.rev,
  verdict: row.verdict as Release["verdict"],
  override: row.override_reason,
  gate: row.gate === null ? null : JSON.parse(row.gate),
  stages: JSON.parse(row.stages),
  because: row.because,
  becauseEntry: row.because_entry,
  epoch: row.epoch,
  evidenceDigest: row.evidence_digest,
  tookMs: row.took_ms,
  incident: row.incident,
  candidate: JSON.parse(row.candidate),
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  entryId: row.entry_id,
});
const columnsOf = (release: Release): Row => ({
  route: release.route,
  model: release.model,
  from_number: release.from,
  to_number: release.to,
  bundle: release.bundle,
  plan: json(release.plan),
  state: release.state,
  paused_from: release.pausedFrom,
  rev: release.rev,
  verdict: release.verdict,
  override_reason: release.override,
  gate: release.gate && json(release.gate),
  stages: json(release.stages),
  because: release.because,
  because_entry: release.becauseEntry,
  epoch: release.epoch,
  evidence_digest: release.evidenceDigest,
  took_ms: release.tookMs,
  incident: release.incident,
  candidate: json(release.candidate),
  started_ms: release.startedMs,
  ended_ms: release.endedMs,
  entry_id: release.entryId,
});

export const insertRelease = (release: Release): Change => [
  insert(
    "release",
    { project: release.project, number: release.number, ...columnsOf(release) },
    { exists: { noun: "release", name: releaseName(release.number) } },
  ),
];
/** The next form of a release, refused when it is not at `rev` any more. */
export function updateRelease(next: Release, rev: number): Change {
  const columns = columnsOf(next);
  const names = Object.keys(columns);
  return [
    {
      sql: `update release set ${names.map((name) => `${name} = ?`).join(", ")} where project = ? and number = ? and rev = ?`,
      params: [...names.map((name) => columns[name] ?? null), next.project, next.number, rev],
      guard: { rows: 1, noun: "release", name: releaseName(next.number) },
    },
  ];
}
export const insertTransition = (release: Release, transition: Transition): Change => [
  insert("release_transition", {
    project: release.project,
    number: release.number,
    rev: transition.rev,
    from_state: transition.from,
    to_state: transition.to,
    at_ms: transition.atMs,
    because: transition.because,
    epoch: transition.epoch,
    entry_id: transition.entryId,
  }),
];
export const listTransitions = (database: Database, project: string, number: number): Promise<Transition[]> =>
  database.all<Transition>(
    `select rev, from_state as "from", to_state as "to", at_ms as "atMs", because, epoch, entry_id as "entryId" from release_transition where project = ? and number = ? order by rev`,
    [project, number],
  );

export const findRelease = async (database: Database, project: string, number: number): Promise<Release | undefined> => {
  const row = await database.find<ReleaseRow>("select * from release where project = ? and number = ?", [project, number]);
  return row && releaseOf(row);
};
export const listReleases = async (
  database: Database,
  project: string,
  options: { route?: string | undefined; limit?: number } = {},
): Promise<Release[]> =>
  (
    await database.all<ReleaseRow>(
      `select * from release where project = ? ${options.route === undefined ? "" : "and route = ?"} order by number desc limit ?`,
      [project, ...(options.route === undefined ? [] : [options.route]), options.limit ?? 1000],
    )
  ).map(releaseOf);
/** In any project: what a process that opens the store goes on with. */
export const listActive = async (database: Database): Promise<Release[]> =>
  (
    await database.all<ReleaseRow>(
      `select * from release where state in (${activeStates.map(() => "?").join(", ")}) order by started_ms`,
      activeStates,
    )
  ).map(releaseOf);
export const nextNumber = async (database: Database, project: string): Promise<number> =>
  Number(
    (await database.find<{ n: number }>("select coalesce(max(number), 0) + 1 as n from release where project = ?", [project]))?.n ?? 1,
  );

export const saveProgress = (project: string, number: number, progress: Progress, atMs: number): Change => [
  statement(
    "insert into release_progress (project, number, progress, at_ms) values (?, ?, ?, ?) on conflict (project, number) do update set progress = excluded.progress, at_ms = excluded.at_ms",
    project,
    number,
    JSON.stringify(progress, finiteOnly),
    atMs,
  ),
];
export const findProgress = async (database: Database, project: string, number: number): Promise<Progress | undefined> => {
  const row = await database.find<{ progress: string }>("select progress from release_progress where project = ? and number = ?", [
    project,
    number,
  ]);
  return row && JSON.parse(row.progress, revive);
};
export const setIncident = (project: string, number: number, incident: string): Change => [
  statement("update release set incident = ? where project = ? and number = ?", incident, project, number),
];

/** Moments of nothing have infinite ends, which JSON cannot say. */
const finiteOnly = (_key: string, value: unknown): unknown =>
  value === Number.POSITIVE_INFINITY ? "+inf" : value === Number.NEGATIVE_INFINITY ? "-inf" : value;
const revive = (_key: string, value: unknown): unknown =>
  value === "+inf" ? Number.POSITIVE_INFINITY : value === "-inf" ? Number.NEGATIVE_INFINITY : value;
