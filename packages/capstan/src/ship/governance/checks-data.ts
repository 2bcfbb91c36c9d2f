import { type Verdict, worstVerdict } from "@capstan/contract";
import { type GateCheck, unknown } from "./checks-origin.ts";

export const datasheet: GateCheck = ({ datasets }) => {
  const bound = "schema, licence, origin, personal data said";
  if (!datasets || datasets.length === 0) return unknown("no dataset version in its lineage", bound);
  const gaps = datasets.flatMap((one) => {
    const missing = [
      ...(one.columns ? [] : ["schema"]),
      ...(one.licence ? [] : ["licence"]),
      ...(one.origin ? [] : ["origin"]),
      ...(one.personal ? [] : ["whether personal"]),
    ];
    return missing.length > 0 ? [`${one.node}: ${missing.join(", ")} missing`] : [];
  });
  const evidence = datasets.map((one) => one.node);
  if (gaps.length > 0) return { verdict: "fail", observed: gaps.join("; "), bound, evidence };
  return {
    verdict: "pass",
    observed: datasets.map((one) => `${one.node}: ${one.columns} columns, ${one.licence}`).join("; "),
    bound,
    evidence,
  };
};

/** Every digest that went in needs tests of its own: a verdict on another version of the same data says nothing. */
export const dataTests: GateCheck = ({ lineage, dataChecks }) => {
  const bound = "all pass on exactly these digests";
  if (!lineage) return unknown("no run, so no data digests to look for", bound);
  if (!dataChecks) return unknown("no data test ran", bound);
  const used = new Map(lineage.data.map((one) => [one.digest, one.node]));
  const tests = dataChecks.filter((one) => used.has(one.digest));
  const untested = [...used].filter(([digest]) => !tests.some((one) => one.digest === digest)).map(([, node]) => node);
  const passed = tests.reduce((sum, one) => sum + one.passed, 0);
  const all = tests.reduce((sum, one) => sum + one.all, 0);
  const verdict = worstVerdict(tests.map((one): Verdict => (one.verdict === "skipped" ? "inconclusive" : one.verdict)));
  const bad = tests
    .filter((one) => one.verdict !== "pass" && one.verdict !== "warn")
    .map((one) => `${one.suite} on ${one.node} ${one.verdict}`);
  const observed = [`${passed} of ${all} pass`, ...bad, ...(untested.length > 0 ? [`no tests on ${untested.join(", ")}`] : [])].join("; ");
  const evidence = tests.map((one) => one.check);
  if (bad.length > 0) return { verdict, observed, bound, evidence };
  if (untested.length > 0 || tests.length === 0) return { verdict: "inconclusive", observed, bound, evidence };
  return { verdict, observed, bound, evidence };
};

export const overlap: GateCheck = ({ overlap }) => {
  const bound = "= 0, or declared";
  if (!overlap) return unknown("train and test rows were never compared", bound);
  const observed = `${overlap.rows} of ${overlap.of} rows in both`;
  const evidence = [overlap.evidence];
  if (overlap.of === 0) return { verdict: "inconclusive", observed: "no rows to compare", bound, evidence };
  if (overlap.rows === 0) return { verdict: "pass", observed, bound, evidence };
  return { verdict: overlap.declared ? "warn" : "fail", observed: overlap.declared ? `${observed}, declared` : observed, bound, evidence };
};
