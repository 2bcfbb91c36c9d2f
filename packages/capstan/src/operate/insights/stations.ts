import type { Verdict } from "@capstan/contract";
import type { StationView, stationOperations } from "@capstan/contract/operations/stations";
import type { Handlers } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { statement } from "../../base/storage/database.ts";

type Row = {
  station: number;
  key: string;
  title: string;
  state: "running" | "done" | "failed";
  verdict: Verdict | null;
  done: string;
  figure: string;
  digest: string;
  started_ms: number;
  ended_ms: number | null;
};

const toView = (row: Row): StationView => ({
  id: row.station,
  title: row.title,
  key: row.key,
  state: row.state,
  verdict: row.verdict,
  done: row.done,
  figure: row.figure,
  digest: row.digest,
  startedAt: toTime(row.started_ms),
  seconds: row.ended_ms === null ? null : (row.ended_ms - row.started_ms) / 1000,
});
const columns = "station, key, title, state, verdict, done, figure, digest, started_ms, ended_ms";

/** Where a guided loop is: one row a station, replaced when it is passed again with another key. What a station did has its own runs and entries. */
export function createStations({
  store,
}: {
  store: Store;
}): Handlers<typeof stationOperations> & { list(project: string): Promise<StationView[]> } {
  const { database } = store;
  const list = async (project: string): Promise<StationView[]> =>
    (await database.all<Row>(`select ${columns} from station where project = ? order by station`, [project])).map(toView);
  const find = (project: string, station: number) =>
    database.find<Row>(`select ${columns} from station where project = ? and station = ?`, [project, station]);
  return {
    list,
    "stations.list": async ({ project }) => ({ stations: await list(project) }),
    "stations.begin": async ({ project, station, title, key }) => {
      const known = await find(project, station);
      if (known?.key === key && known.state === "done") return { hit: toView(known), run: null };
      await database.commit([
        statement(
          `insert into station (project, station, key, title, state, done, figure, digest, started_ms) values (?, ?, ?, ?, 'running', '', '', '', ?)
           on conflict (project, station) do update set key = excluded.key, title = excluded.title, state = 'running', verdict = null, done = '', figure = '', digest = '', started_ms = excluded.started_ms, ended_ms = null`,
          project,
          station,
          key,
          title,
          store.clock.nowMs(),
        ),
      ]);
      store.events.emit("changed", { project, kind: "station", id: String(station) });
      return { hit: null, run: null };
    },
    "stations.end": async ({ project, station, key, verdict, done, figure, digest }) => {
      await database.commit([
        {
          sql: "update station set state = ?, verdict = ?, done = ?, figure = ?, digest = ?, ended_ms = ? where project = ? and station = ? and key = ?",
          params: [verdict === "error" ? "failed" : "done", verdict, done, figure, digest, store.clock.nowMs(), project, station, key],
          guard: { rows: 1, noun: "station", name: String(station) },
        },
      ]);
      store.events.emit("changed", { project, kind: "station", id: String(station) });
      const row = await find(project, station);
      if (!row) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "station", name: String(station) });
      return toView(row);
    },
  };
}
