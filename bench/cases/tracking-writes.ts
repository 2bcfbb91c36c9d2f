import { type Case, type Figure, median, type NotRun, round } from "../measure.ts";
import { onEach } from "../tracking/server.ts";
import { measureWrites, type WriteTimes } from "../tracking/writes.ts";
import { syncTimes } from "./disk.ts";

/** Metrics and runs over MLflow's wire, beside MLflow with one and four workers; the better of both counts. */
export const trackingWrites: Case = async (bench) => {
  const sync = median(await syncTimes(bench.folder, "sync-beside-writes"));
  const { capstan, peers, absent } = await onEach(bench, "writes", measureWrites);
  for (const peer of peers)
    if (peer.measured.digest !== capstan.digest) throw new Error(`${peer.name} answers with another history than Capstan`);
  const limit = { value: round(sync, 3), program: "bench/limits/append-fdatasync.ts" };

  const rate = (name: string, of: (times: WriteTimes) => number, unit: Figure["unit"], factor: number): Figure | NotRun => {
    const value = of(capstan);
    const best = peers.length === 0 ? undefined : Math.max(...peers.map((one) => of(one.measured)));
    return {
      name,
      value: round(value, 0),
      unit,
      ...(best !== undefined && { goal: { text: `${factor} × MLflow`, holds: value >= factor * best } }),
      ...peersOf(of, unit),
      facts: best === undefined ? { peer: absent ?? "" } : { times: round(value / best, 1) },
    };
  };
  const peersOf = (of: (times: WriteTimes) => number, unit: string): Pick<Figure, "peers"> => ({
    peers: Object.fromEntries(peers.map((one) => [one.name, `${round(of(one.measured), 2)} ${unit}`])),
  });
  return [
    {
      name: "one log-metric over a kept connection, p50",
      value: round(capstan.singleMs, 3),
      unit: "ms",
      goal: { text: "one fsync + 0.3 ms", holds: capstan.singleMs <= sync + 0.3 },
      limit,
      ...peersOf((times) => times.singleMs, "ms"),
      facts: { times: 300, p99Ms: round(capstan.singleP99Ms, 3), historyChecked: true, ...(absent !== undefined && { peer: absent }) },
    },
    rate("log-metric over 8 connections", (times) => times.eightPerSecond, "/s", 50),
    rate("log-batch of 1000 metrics, 1 connection", (times) => times.batchPointsPerSecond, "points/s", 40),
    rate("log-batch of 1000 metrics, 4 connections", (times) => times.batchFourPointsPerSecond, "points/s", 40),
    rate("runs/create, 1 connection", (times) => times.createPerSecond, "/s", 30),
    rate("runs/create, 8 connections", (times) => times.createEightPerSecond, "/s", 30),
  ];
};
