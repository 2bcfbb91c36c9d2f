import { type GateCheck, unknown } from "./checks-origin.ts";

const day = 86_400_000;
const spanOf = (ms: number): string =>
  ms >= 2 * day
    ? `${Math.round(ms / day)} d`
    : ms >= 3_600_000
      ? `${Number((ms / 3_600_000).toFixed(1))} h`
      : `${Math.round(ms / 60_000)} min`;

export const logging: GateCheck = ({ route }, policy) => {
  const bound = `on, kept ≥ ${policy.logDays} d`;
  if (!route) return unknown("no route declares this model", bound);
  const { floorDays, ceilingDays } = route.retention;
  const observed = `${route.name}: log ${route.logging}, kept ${floorDays ?? "?"}–${ceilingDays ?? "∞"} d`;
  if (route.logging === "off") return { verdict: "fail", observed, bound };
  if (ceilingDays !== null && ceilingDays < policy.logDays) return { verdict: "fail", observed, bound };
  // Nothing is deleted before a ceiling: without a floor the ceiling, or its absence, keeps the time.
  const keptDays = floorDays ?? ceilingDays ?? Number.POSITIVE_INFINITY;
  return { verdict: keptDays >= policy.logDays ? "pass" : "fail", observed, bound };
};

/** Before a release nothing can be watched yet: what counts is that each kind is declared and was tried on the reference. */
const wanted = {
  drift: ["drift"],
  output: ["prediction_drift", "prior_shift", "estimated_performance"],
  performance: ["realized_performance", "calibration"],
} as const;
export const monitors: GateCheck = ({ route }, policy) => {
  const bound = `drift, output and performance; alarms on the reference ≤ ${policy.backtestAlarmShare * 100} %`;
  if (!route) return unknown("no route declares this model", bound);
  const kinds = new Set(route.monitors.flatMap((one) => one.kinds));
  const missing = Object.entries(wanted)
    .filter(([, any]) => !any.some((kind) => kinds.has(kind)))
    .map(([name]) => name);
  if (missing.length > 0) return { verdict: "fail", observed: `no monitor for ${missing.join(", ")}`, bound };
  const untried = route.monitors.filter((one) => one.backtest === null).map((one) => one.name);
  const evidence = route.monitors.flatMap((one) => (one.backtest ? [one.backtest.evidence] : []));
  if (untried.length > 0) return { verdict: "inconclusive", observed: `${untried.join(", ")} not tried on the reference`, bound, evidence };
  const worst = Math.max(...route.monitors.map((one) => one.backtest?.alarmShare ?? 1));
  const observed = `${route.monitors.map((one) => one.name).join(", ")}; alarms on the reference ${Number((worst * 100).toFixed(1))} %`;
  return { verdict: worst <= policy.backtestAlarmShare ? "pass" : "fail", observed, bound, evidence };
};

export const labelDelay: GateCheck = ({ route }) => {
  if (!route) return unknown("no route declares this model", "declared");
  if (!route.labels) return { verdict: "fail", observed: `${route.name}: no labels declared`, bound: "declared" };
  return { verdict: "pass", observed: `${route.labels.from}, ${spanOf(route.labels.delayMs)}`, bound: "declared" };
};

export const incidents: GateCheck = ({ incidents }, policy, _risk, because) => {
  const bound = `none of severity ≤ ${policy.blockingSeverity} but what it answers; nothing overdue`;
  if (!incidents) return unknown("incidents are not known", bound);
  const grave = incidents.open.filter((one) => one.severity <= policy.blockingSeverity);
  const answered = grave.filter((one) => one.entries.some((entry) => because.includes(entry)));
  const blocking = grave.filter((one) => !answered.includes(one));
  const evidence = [...grave.map((one) => `incident:${one.id}`), ...incidents.overdue.map((one) => `follow-up:${one.id}`)];
  const observed = [
    ...blocking.map((one) => `${one.id} open: ${one.title}`),
    ...incidents.overdue.map((one) => `${one.id} overdue: ${one.title}`),
    ...(answered.length > 0 ? [`${answered.map((one) => one.id).join(", ")} open, answered by this release`] : []),
  ];
  const fails = blocking.length > 0 || incidents.overdue.length > 0;
  return { verdict: fails ? "fail" : "pass", observed: observed.join("; ") || "none open, none overdue", bound, evidence };
};

export const exposure: GateCheck = ({ release }) => {
  const bound = "asked rows reached, canary passed";
  if (!release) return unknown("no release of this version is under way", bound);
  const evidence = [`release:${release.id}`];
  const stages = [
    ...(release.shadow ? [{ name: "shadow", ...release.shadow }] : []),
    ...(release.canary ? [{ name: "canary", ...release.canary }] : []),
  ];
  if (stages.length === 0) return { verdict: "fail", observed: `${release.id} went without shadow and canary`, bound, evidence };
  const observed = stages.map((one) => `${one.name} ${one.rows} of ${one.asked} rows`).join(", ");
  if (!stages.some((one) => one.rows >= one.asked)) return { verdict: "inconclusive", observed, bound, evidence };
  const verdict = release.canary?.verdict ?? "pass";
  return {
    verdict: verdict === "skipped" ? "inconclusive" : verdict,
    observed: release.canary ? `${observed}, canary ${verdict}` : observed,
    bound,
    evidence,
  };
};

export const rollbackArmed: GateCheck = ({ release }) => {
  if (!release) return unknown("no release of this version is under way", "armed");
  return {
    verdict: release.automaticRollback ? "pass" : "fail",
    observed: release.automaticRollback ? `${release.id} goes back by itself` : `${release.id} has nothing to go back to`,
    bound: "armed",
    evidence: [`release:${release.id}`],
  };
};

export const loadedBytes: GateCheck = ({ release, version }) => {
  const bound = `bundle ${version.bundle.slice(0, 8)}`;
  if (!release?.loaded) return unknown("not loaded by any gateway", bound);
  const same = release.loaded.bundle === version.bundle;
  const evidence = [`blob:${version.digest}`];
  if (!same) return { verdict: "fail", observed: `bundle ${release.loaded.bundle.slice(0, 8)} is loaded`, bound, evidence };
  return {
    verdict: release.loaded.verified ? "pass" : "inconclusive",
    observed: release.loaded.verified ? "hashed when loaded, the same" : "loaded without being hashed",
    bound,
    evidence,
  };
};
