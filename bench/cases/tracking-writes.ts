import { type Case, round } from "../measure.ts";
import { beside } from "../tracking/figures.ts";
import { onEach } from "../tracking/server.ts";
import { measureWrites } from "../tracking/writes.ts";

/** Metrics and runs over MLflow's wire, beside MLflow with one and four workers; the better of both counts. */
export const trackingWrites: Case = async (bench) => {
  const all = await onEach(bench, "writes", measureWrites);
  for (const peer of all.peers)
    if (peer.measured.digest !== all.capstan.digest) throw new Error(`${peer.name} answers with another history than Capstan`);
  const single = beside(
    all,
    {
      name: "one log-metric over a kept connection, p50",
      unit: "ms",
      digits: 3,
      more: "worse",
      facts: { measured: 500, p99Ms: round(all.capstan.singleP99Ms, 3), historyChecked: true },
    },
    (one) => one.singleMs,
  );
  const sync = all.capstan.syncMs;
  const rate = { more: "better" } as const;
  return [
    {
      ...single,
      goal: { text: "one fsync + 0.3 ms", holds: single.value <= sync + 0.3 },
      limit: { value: round(sync, 3), program: "an append of 512 bytes and fdatasync by the client, 10 after each 25 writes" },
    },
    beside(all, { ...rate, name: "log-metric over 8 connections", unit: "/s", times: 50 }, (one) => one.eightPerSecond),
    beside(
      all,
      { ...rate, name: "log-batch of 1000 metrics, 1 connection", unit: "points/s", times: 40 },
      (one) => one.batchPointsPerSecond,
    ),
    beside(
      all,
      { ...rate, name: "log-batch of 1000 metrics, 4 connections", unit: "points/s", times: 40 },
      (one) => one.batchFourPointsPerSecond,
    ),
    beside(all, { ...rate, name: "runs/create, 1 connection", unit: "/s", times: 30 }, (one) => one.createPerSecond),
    beside(all, { ...rate, name: "runs/create, 8 connections", unit: "/s", times: 30 }, (one) => one.createEightPerSecond),
  ];
};
