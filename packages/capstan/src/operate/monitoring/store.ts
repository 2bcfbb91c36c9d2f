import type { Verdict } from "@capstan/contract";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert, statement } from "../../base/storage/database.ts";
import {
  type Alert,
  alertName,
  type Mute,
  type AlertDraft,
  type AlertState,
  type BacktestResult,
  type Cause,
  type Cell,
  type JudgedWindow,
  type SeriesSpec,
  type TriggerRequest,
} from "./model.ts";

const json = (value: unknown): string => canonicalJson(value as Json);

/** A monitor as it was last declared. */
export type StoredMonitor = {
  project: string;
  name: string;
  route: string;
  model: string;
  settings: string;
  digest: string;
  entryId: string;
};
const monitorColumns = `project, name, route, model, settings, digest, entry_id as "entryId"`;
export const listMonitors = (database: Database, project: string): Promise<StoredMonitor[]> =>
  database.all(`select ${monitorColumns} from monitor where project = ? order by name`, [project]);
export const putMonitor = (monitor: StoredMonitor, nowMs: number): Change => [
  statement(
    `insert into monitor (project, name, route, model, settings, digest, entry_id, declared_ms) values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (project, name) do update set route = excluded.route, model = excluded.model, settings = excluded.settings, digest = excluded.digest, entry_id = excluded.entry_id, declared_ms = excluded.declared_ms`,
    monitor.project,
    monitor.name,
    monitor.route,
    monitor.model,
    monitor.settings,
    monitor.digest,
    monitor.entryId,
    nowMs,
  ),
];

/** A backtest with the series it was made over: what windows are judged by. */
export type StoredBacktest = BacktestResult & {
  readonly series: readonly SeriesSpec[];
  readonly reference: string;
  readonly referenceName: string;
  readonly entryId: string;
  readonly atMs: number;
};
type BacktestRow = { result: string; reference: string; entry_id: string; at_ms: number };
const backtestOf = (row: BacktestRow): StoredBacktest => ({
  ...(JSON.parse(row.result) as StoredBacktest),
  reference: row.reference,
  entryId: row.entry_id,
  atMs: row.at_ms,
});
export const findBacktest = async (
  database: Database,
  project: string,
  monitor: string,
  key?: string,
): Promise<StoredBacktest | undefined> => {
  const row = await database.find<BacktestRow>(
    `select result, reference, entry_id, at_ms from monitor_backtest where project = ? and monitor = ? ${key === undefined ? "" : "and key = ?"} order by at_ms desc limit 1`,
    [project, monitor, ...(key === undefined ? [] : [key])],
  );
  return row && backtestOf(row);
};
export const insertBacktest = (project: string, key: string, backtest: StoredBacktest): Change => {
  const { reference, entryId, atMs, ...result } = backtest;
  return [
    statement(
      "insert into monitor_backtest (project, monitor, key, reference, result, entry_id, at_ms) values (?, ?, ?, ?, ?, ?, ?) on conflict (project, monitor, key) do update set result = excluded.result, entry_id = excluded.entry_id, at_ms = excluded.at_ms",
      project,
      backtest.monitor,
      key,
      reference,
      json(result),
      entryId,
      atMs,
    ),
  ];
};

export type StoredWindow = JudgedWindow & {
  readonly dataDigest: string;
  readonly evidence: string;
  readonly causes: readonly Cause[];
  readonly entryId: string;
  readonly judgedMs: number;
};
type WindowRow = {
  start_ms: number;
  end_ms: number;
  row_count: number;
  labels: number;
  mature: number;
  verdict: string;
  reason: string | null;
  data_digest: string;
  evidence: string;
  cells: string;
  causes: string;
  entry_id: string;
  judged_ms: number;
};
const windowOf = (row: WindowRow): StoredWindow => ({
  startMs: row.start_ms,
  endMs: row.end_ms,
  rows: row.row_count,
  labels: row.labels,
  mature: row.mature === 1,
  verdict: row.verdict as Verdict,
  reason: row.reason,
  dataDigest: row.data_digest,
  evidence: row.evidence,
  cells: JSON.parse(row.cells) as Cell[],
  causes: JSON.parse(row.causes) as Cause[],
  entryId: row.entry_id,
  judgedMs: row.judged_ms,
});
/** In order of time. */
export const listWindows = async (
  database: Database,
  project: string,
  monitor: string,
  range: { fromMs?: number; toMs?: number } = {},
): Promise<StoredWindow[]> =>
  (
    await database.all<WindowRow>(
      "select * from monitor_window where project = ? and monitor = ? and start_ms >= ? and start_ms < ? order by start_ms",
      [project, monitor, range.fromMs ?? -8e15, range.toMs ?? 8e15],
    )
  ).map(windowOf);
export const putWindow = (project: string, monitor: string, window: StoredWindow): Change => [
  statement(
    `insert into monitor_window (project, monitor, start_ms, end_ms, row_count, labels, mature, verdict, reason, data_digest, evidence, cells, causes, entry_id, judged_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (project, monitor, start_ms) do update set row_count = excluded.row_count, labels = excluded.labels, mature = excluded.mature, verdict = excluded.verdict, reason = excluded.reason, data_digest = excluded.data_digest,
       evidence = excluded.evidence, cells = excluded.cells, causes = excluded.causes, entry_id = excluded.entry_id, judged_ms = excluded.judged_ms`,
    project,
    monitor,
    window.startMs,
    window.endMs,
    window.rows,
    window.labels,
    window.mature ? 1 : 0,
    window.verdict,
    window.reason,
    window.dataDigest,
    window.evidence,
    json(window.cells),
    json(window.causes),
    window.entryId,
    window.judgedMs,
  ),
];
/** Looked at again without a new row: the judgement stands. */
export const sameWindow = (project: string, monitor: string, startMs: number, dataDigest: string): Change => [
  statement(
    "update monitor_window set data_digest = ? where project = ? and monitor = ? and start_ms = ?",
    dataDigest,
    project,
    monitor,
    startMs,
  ),
];

type AlertRow = {
  project: string;
  number: number;
  monitor: string;
  route: string;
  model: string;
  cluster: string;
  kind: string;
  title: string;
  detail: string;
  state: string;
  series: string;
  causes: string;
  start_ms: number;
  end_ms: number;
  incident: string | null;
  retrains: number;
  evidence: string;
  entry_id: string;
  opened_ms: number;
  closed_ms: number | null;
};
const alertOf = (row: AlertRow): Alert => ({
  project: row.project,
  number: row.number,
  monitor: row.monitor,
  route: row.route,
  model: row.model,
  cluster: row.cluster,
  kind: row.kind as Alert["kind"],
  title: row.title,
  detail: row.detail,
  state: row.state as AlertState,
  series: JSON.parse(row.series) as string[],
  causes: JSON.parse(row.causes) as Cause[],
  startMs: row.start_ms,
  endMs: row.end_ms,
  incident: row.incident,
  retrains: row.retrains === 1,
  evidence: row.evidence,
  entryId: row.entry_id,
  openedMs: row.opened_ms,
  closedMs: row.closed_ms,
});
export const insertAlert = (alert: AlertDraft, incident: string, retrains: boolean, state: AlertState): Change => [
  insert(
    "alert",
    {
      project: alert.project,
      number: alert.number,
      monitor: alert.monitor,
      route: alert.route,
      model: alert.model,
      cluster: alert.cluster,
      kind: alert.kind,
      title: alert.title,
      detail: alert.detail,
      state,
      series: json(alert.series),
      causes: json(alert.causes),
      start_ms: alert.startMs,
      end_ms: alert.endMs,
      incident,
      retrains: retrains ? 1 : 0,
      evidence: alert.evidence,
      entry_id: alert.entryId,
      opened_ms: alert.openedMs,
      closed_ms: null,
    },
    { exists: { noun: "alert", name: alertName(alert.number) } },
  ),
];
export const nextAlertNumber = async (database: Database, project: string): Promise<number> =>
  Number((await database.find<{ n: number }>("select coalesce(max(number), 0) + 1 as n from alert where project = ?", [project]))?.n ?? 1);
/** Newest first. */
export const listAlerts = async (
  database: Database,
  project: string,
  filter: { monitor?: string; incident?: string; open?: boolean; below?: number; limit?: number } = {},
): Promise<Alert[]> => {
  const where = [
    "project = ?",
    ...(filter.monitor === undefined ? [] : ["monitor = ?"]),
    ...(filter.incident === undefined ? [] : ["incident = ?"]),
    ...(filter.open ? ["state in ('open', 'acknowledged')"] : []),
    ...(filter.below === undefined ? [] : ["number < ?"]),
  ];
  const params = [
    project,
    ...(filter.monitor === undefined ? [] : [filter.monitor]),
    ...(filter.incident === undefined ? [] : [filter.incident]),
    ...(filter.below === undefined ? [] : [filter.below]),
  ];
  return (
    await database.all<AlertRow>(`select * from alert where ${where.join(" and ")} order by number desc limit ?`, [
      ...params,
      filter.limit ?? 10_000,
    ])
  ).map(alertOf);
};
export const findAlert = async (database: Database, project: string, number: number): Promise<Alert | undefined> => {
  const row = await database.find<AlertRow>("select * from alert where project = ? and number = ?", [project, number]);
  return row && alertOf(row);
};
/** Refused when someone else has changed it meanwhile. */
export const moveAlert = (alert: Alert, to: AlertState): Change => [
  {
    sql: "update alert set state = ? where project = ? and number = ? and state = ?",
    params: [to, alert.project, alert.number, alert.state],
    guard: { rows: 1, noun: "alert", name: alertName(alert.number) },
  },
];
export const insertMute = (mute: Mute): Change => [
  insert("alert_mute", {
    entry_id: mute.entryId,
    project: mute.project,
    monitor: mute.monitor,
    cluster: mute.cluster,
    until_ms: mute.untilMs,
    reason: mute.reason,
  }),
];
export const listMutes = async (database: Database, project: string, monitor: string, nowMs: number): Promise<Mute[]> =>
  (
    await database.all<{ entry_id: string; project: string; monitor: string; cluster: string; until_ms: number; reason: string }>(
      "select entry_id, project, monitor, cluster, until_ms, reason from alert_mute where project = ? and monitor = ? and until_ms > ?",
      [project, monitor, nowMs],
    )
  ).map((row) => ({
    entryId: row.entry_id,
    project: row.project,
    monitor: row.monitor,
    cluster: row.cluster,
    untilMs: row.until_ms,
    reason: row.reason,
  }));
export const closeAlerts = (project: string, numbers: readonly number[], atMs: number): Change =>
  numbers.length === 0
    ? []
    : [
        statement(
          `update alert set state = 'closed', closed_ms = ? where project = ? and number in (${numbers.map(() => "?").join(", ")})`,
          atMs,
          project,
          ...numbers,
        ),
      ];

type RequestRow = {
  project: string;
  trigger_name: string;
  incident: string;
  alert_entry: string;
  set_values: string;
  due_ms: number;
  job_key: string;
  asked: number;
};
const requestOf = (row: RequestRow): TriggerRequest => ({
  project: row.project,
  trigger: row.trigger_name,
  incident: row.incident,
  alertEntry: row.alert_entry,
  set: JSON.parse(row.set_values) as string[],
  dueMs: row.due_ms,
  jobKey: row.job_key,
  asked: row.asked === 1,
});
export const listRequests = async (database: Database, project: string): Promise<TriggerRequest[]> =>
  (await database.all<RequestRow>("select * from trigger_request where project = ? order by created_ms", [project])).map(requestOf);
export const insertRequest = (request: TriggerRequest, nowMs: number): Change => [
  statement(
    "insert into trigger_request (project, trigger_name, incident, alert_entry, set_values, due_ms, job_key, asked, created_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (project, trigger_name, incident) do nothing",
    request.project,
    request.trigger,
    request.incident,
    request.alertEntry,
    json(request.set),
    request.dueMs,
    request.jobKey,
    request.asked ? 1 : 0,
    nowMs,
  ),
];
export const markAsked = (request: TriggerRequest): Change => [
  statement(
    "update trigger_request set asked = 1 where project = ? and trigger_name = ? and incident = ?",
    request.project,
    request.trigger,
    request.incident,
  ),
];
export const findJob = async (database: Database, key: string): Promise<string | undefined> =>
  (await database.find<{ id: string }>("select id from job where key = ?", [key]))?.id;

/** Truths that were told for a window and the time in which they may still come. */
export const countLabelsIn = async (database: Database, route: string, fromMs: number, toMs: number): Promise<number> =>
  Number(
    (
      await database.find<{ n: number }>("select count(*) as n from label where route = ? and observed_ms >= ? and observed_ms <= ?", [
        route,
        fromMs,
        toMs,
      ])
    )?.n ?? 0,
  );

/** Places of entries in the ledger by their id. */
export async function entryIndexes(database: Database, ids: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let at = 0; at < ids.length; at += 200) {
    const some = ids.slice(at, at + 200);
    for (const row of await database.all<{ id: string; idx: number | null }>(
      `select id, idx from entry where id in (${some.map(() => "?").join(", ")})`,
      some,
    ))
      if (row.idx !== null) found.set(row.id, row.idx);
  }
  return found;
}
