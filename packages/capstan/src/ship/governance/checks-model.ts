import { worstVerdict } from "@capstan/contract";
import { type GateCheck, unknown } from "./checks-origin.ts";
import type { Answer, Facts } from "./model.ts";

const figure = (value: number): string => String(Number(value.toPrecision(4)));
const signed = (value: number): string => `${value >= 0 ? "+" : ""}${figure(value)}`;
type Comparison = NonNullable<Facts["comparisons"]>[number];

function compare(one: Comparison): Answer {
  const bound = `> ${figure(one.margin)}`;
  if (!one.interval) return unknown(`${one.metric} against ${one.against} ${signed(one.difference)} without an interval`, bound);
  const [low, high] = one.interval;
  const observed = `${one.metric} against ${one.against} ${signed(one.difference)} [${signed(low)}, ${signed(high)}], bound ${bound}`;
  const verdict = low > one.margin ? "pass" : high <= one.margin ? "fail" : "inconclusive";
  return { verdict, observed, bound, evidence: [one.evidence] };
}

/** Superior to the baseline, and not worse than what is live by more than the margin; each by the lower end of its interval. */
export const performance: GateCheck = ({ comparisons }) => {
  const bound = "lower end of each interval above its margin";
  if (!comparisons || !comparisons.some((one) => one.against === "baseline"))
    return unknown("not compared with the baseline on held-out rows", bound);
  const answers = comparisons.map(compare);
  return {
    verdict: worstVerdict(answers.map((one) => one.verdict)),
    observed: answers.map((one) => one.observed).join("; "),
    bound,
    evidence: answers.flatMap((one) => one.evidence ?? []),
  };
};

export const calibration: GateCheck = ({ calibration }, policy) => {
  const hard = calibration?.bound ?? policy.calibration.bound;
  const advisory = calibration?.advisory ?? Math.min(policy.calibration.advisory, hard);
  const bound = `≤ ${figure(hard)}, advisory ${figure(advisory)}`;
  if (!calibration) return unknown("never measured on held-out rows", bound);
  const verdict = calibration.value <= advisory ? "pass" : calibration.value <= hard ? "warn" : "fail";
  return {
    verdict: Number.isFinite(calibration.value) ? verdict : "inconclusive",
    observed: `${calibration.metric} ${figure(calibration.value)}`,
    bound,
    evidence: [calibration.evidence],
  };
};

export const artifactScan: GateCheck = ({ artifact, version }) => {
  const bound = "no executable serialisation, no finding";
  const evidence = [`blob:${version.digest}`];
  if (!artifact) return unknown("never scanned", bound);
  if (artifact.executable) return { verdict: "fail", observed: `${artifact.format} can run code when it is read`, bound, evidence };
  if (artifact.findings.length > 0) return { verdict: "fail", observed: artifact.findings.join("; "), bound, evidence };
  if (artifact.weaknesses && artifact.weaknesses.length > 0)
    return { verdict: "fail", observed: `known weaknesses: ${artifact.weaknesses.join(", ")}`, bound, evidence };
  const parts = artifact.parts.length > 0 ? `, parts ${artifact.parts.join(", ")}` : "";
  return {
    verdict: "pass",
    observed: `${artifact.format} only, 0 findings${parts}${artifact.weaknesses ? ", no known weakness" : "; known weaknesses skipped: no feed"}`,
    bound,
    evidence,
  };
};
