import { type Case, round } from "../measure.ts";
import { type ArtifactSpeed, artifactBytes, measureArtifacts } from "../tracking/artifacts.ts";
import { type CurveTimes, curvePoints, curveRuns, measureCurves } from "../tracking/curves.ts";
import { beside } from "../tracking/figures.ts";
import { onEach } from "../tracking/server.ts";

/** Histories and charts, the same data in both stores; the answers are compared point by point. */
export const trackingCurves: Case = async (bench) => {
  const all = await onEach<CurveTimes>(bench, "curves", measureCurves);
  for (const { name, measured } of all.peers) {
    if (measured.historyDigest !== all.capstan.historyDigest) throw new Error(`${name} answers with another history`);
    if (measured.chartDigest !== all.capstan.chartDigest) throw new Error(`${name} answers with other chart data`);
  }
  const worked = (of: keyof CurveTimes["processorMs"]) => ({ processorMs: round(all.capstan.processorMs[of], 1) });
  const checked = { answersCompared: all.peers.length > 0 };
  const chart = beside(
    all,
    {
      name: "chart data of 10 runs × 100k points, own operation",
      unit: "ms",
      digits: 1,
      more: "worse",
      facts: { buckets: 500, extremesChecked: true, ...worked("chart") },
    },
    (one) => one.chartMs ?? one.wireChartMs,
  );
  return [
    beside(
      all,
      {
        name: "metric history of 100k points, in pages of 25 000",
        unit: "ms",
        digits: 1,
        more: "worse",
        times: 20,
        facts: { points: curvePoints, ...worked("history"), ...checked },
      },
      (one) => one.historyMs,
    ),
    beside(
      all,
      {
        name: "chart data of 10 runs × 100k points, MLflow's wire",
        unit: "ms",
        digits: 1,
        more: "worse",
        facts: { runs: curveRuns, ...worked("wireChart"), ...checked },
      },
      (one) => one.wireChartMs,
    ),
    { ...chart, goal: { text: "40 ms", holds: chart.value <= 40 } },
  ];
};

/** 256 MiB through the server in both directions. */
export const trackingArtifacts: Case = async (bench) => {
  const all = await onEach<ArtifactSpeed>(bench, "artifacts", measureArtifacts);
  const facts = { sizeBytes: artifactBytes, times: 3, digestChecked: true };
  const grown = beside(
    all,
    { name: "memory of the server beside an artifact of 256 MiB", unit: "MB", more: "worse" },
    (one) => one.grownMb,
  );
  return [
    beside(all, { name: "artifact of 256 MiB, up", unit: "MB/s", more: "better", times: 1.2, facts }, (one) => one.upMbPerS),
    beside(all, { name: "artifact of 256 MiB, down", unit: "MB/s", more: "better", times: 1.2, facts }, (one) => one.downMbPerS),
    { ...grown, goal: { text: "64 MB, at any size", holds: grown.value <= 64 } },
  ];
};
