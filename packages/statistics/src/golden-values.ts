/** Computes with this package what the golden files hold, by entry id. Test support; not part of the public index. */
import { readFileSync } from "node:fs";
import * as s from "./index.ts";

/** Prefixes of definition entries that the package does not compute. */
export const NOT_IMPLEMENTED: readonly string[] = [];

type Values = Record<string, unknown>;
type Table = Record<string, string[]>;

interface GoldenArm {
  kind: "mean" | "proportion" | "ratio" | "cuped";
  n: number;
  sum: number;
  sum_squares: number;
  m: GoldenSums;
  d: GoldenSums;
  post: GoldenSums;
  pre: GoldenSums;
  sum_of_products: number;
}

interface GoldenSums {
  sum: number;
  sum_squares: number;
}

interface Spec {
  ab_cases: { name: string; control: GoldenArm; treatment: GoldenArm }[];
  srm_cases: { users: number[]; weights: number[] }[];
}

const NUMERIC = ["num_normal", "num_heavy", "num_nan", "num_const", "num_ties", "num_flat"];
const CATEGORICAL = ["cat_city", "cat_many", "cat_yesno", "flag_bool"];
const NULLABLE = new Set(["num_nan", "cat_city"]);

function file(name: string): string {
  return readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8");
}

function table(name: string): Table {
  const [header, ...rows] = file(name)
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  return Object.fromEntries(header!.map((column, i) => [column, rows.map((row) => row[i]!)]));
}

const present = (column: string[]): string[] => column.filter((text) => text !== "");
const numbers = (column: string[]): Float64Array => Float64Array.from(present(column), Number);
const nulls = (column: string[]): number => column.length - present(column).length;
const column = (data: Table, name: string): string[] => data[name]!;

function counts(values: string[]): Record<string, number> {
  const profile = s.categoricalProfile(values);
  return Object.fromEntries(profile.counts);
}

function profiles(side: string, data: Table, out: Values): void {
  const at = `profile/${side}`;
  out[`${at}/row_count`] = column(data, "id").length;
  for (const name of NUMERIC) {
    const values = numbers(column(data, name));
    const profile = s.numericProfile(Float64Array.from(column(data, name), (text) => (text === "" ? Number.NaN : Number(text))));
    const m = s.moments(values);
    const ascending = s.sorted(values);
    out[`${at}/${name}/null_count`] = profile.nulls;
    out[`${at}/${name}/distinct`] = new Set(values).size;
    out[`${at}/${name}/mean`] = profile.mean;
    out[`${at}/${name}/std_sample`] = s.profileDeviation(profile);
    out[`${at}/${name}/std_population`] = s.deviationOf(m, "population");
    out[`${at}/${name}/min`] = profile.min;
    out[`${at}/${name}/max`] = profile.max;
    out[`${at}/${name}/skew_population`] = s.skewnessOf(m);
    out[`${at}/${name}/kurtosis_excess_population`] = s.kurtosisOf(m);
    for (const share of [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) out[`${at}/${name}/q${share}`] = s.quantileOfSorted(ascending, share);
  }
  for (const name of [...CATEGORICAL, "group", "group2"]) {
    const all = column(data, name);
    out[`${at}/${name}/counts`] = counts(NULLABLE.has(name) ? present(all) : all);
    if (CATEGORICAL.includes(name)) out[`${at}/${name}/null_count`] = nulls(all);
  }
}

function tests(side: string, data: Table, out: Values): void {
  const at = `tests/${side}`;
  const id = column(data, "id");
  const ts = column(data, "ts");
  const seen = counts(id);
  out[`${at}/cat_city/null_count`] = nulls(column(data, "cat_city"));
  out[`${at}/id/duplicate_rows`] = id.filter((value) => seen[value]! > 1).length;
  out[`${at}/id/distinct`] = new Set(id).size;
  out[`${at}/code/regex_miss`] = column(data, "code").filter((code) => !/^[A-Z]{2}-[0-9]{4}$/.test(code)).length;
  out[`${at}/ts/min`] = ts.reduce((least, value) => (value < least ? value : least));
  out[`${at}/ts/max`] = ts.reduce((most, value) => (value > most ? value : most));
  out[`${at}/ts/decreasing_steps`] = ts.filter((value, i) => i > 0 && value < ts[i - 1]!).length;
  out[`${at}/num_normal/outside_-2_2`] = numbers(column(data, "num_normal")).filter((value) => value < -2 || value > 2).length;
  out[`${at}/y_true_y_pred/pearson`] = s.pearson(numbers(column(data, "y_true")), numbers(column(data, "y_pred")));
  out[`${at}/num_ties_num_flat/spearman`] = s.spearman(numbers(column(data, "num_ties")), numbers(column(data, "num_flat")));
}

function numericDrift(name: string, reference: Table, current: Table, out: Values): void {
  const at = `drift/${name}`;
  const a = numbers(column(reference, name));
  const b = numbers(column(current, name));
  const set = (key: string, value: unknown): void => {
    out[`${at}/${key}`] = value;
  };
  set("ks/statistic", s.ksStatistic(a, b));
  set("ks/p_asymp", s.ksTest(a, b, "one_sample").p);
  set("ks/p_exact", s.ksTest(a, b, "exact").p);
  set("ks/p_kolmogorov_limit", s.ksTest(a, b, "limit").p);
  set("ks/p_stephens", s.ksTest(a, b, "stephens").p);
  const edges = s.quantileEdges(a, 10);
  const countsA = Array.from(s.binCounts(a, edges));
  const countsB = Array.from(s.binCounts(b, edges));
  const p = s.shares(countsA);
  const q = s.shares(countsB);
  set("psi/decile", s.psi(p, q));
  set(
    "psi/decile_with_null_bin",
    s.psi(s.shares([...countsA, nulls(column(reference, name))]), s.shares([...countsB, nulls(column(current, name))])),
  );
  set("js/decile_nat", s.jsDistance(p, q));
  set("js/decile_base2", s.jsDistance(p, q, 2));
  set("kl/decile", s.klDivergence(p, q));
  set("hellinger/decile", s.hellinger(p, q));
  set("tvd/decile", s.totalVariation(p, q));
  set("wasserstein/raw", s.wasserstein(a, b));
  set("energy/scipy", s.energyDistance(a, b));
  const cvm = s.cramerVonMises(a, b);
  set("cvm/statistic", cvm.statistic);
  set("cvm/p", cvm.p);
  const anderson = s.andersonDarling(a, b);
  set("anderson/statistic", anderson.statistic);
  set("anderson/p", anderson.p);
  const epps = s.eppsSingleton(a, b);
  set("epps_singleton/statistic", epps.statistic);
  set("epps_singleton/p", epps.p);
  const whitney = s.mannWhitney(a, b);
  set("mannwhitney/u", whitney.u);
  set("mannwhitney/p_two_sided", whitney.p);
  const pooled = s.pooledT(a, b);
  set("t/pooled_statistic", pooled.t);
  set("t/pooled_p", pooled.p);
  set("t/welch_p", s.welchT(a, b).p);
  if (name === "num_nan") {
    const z = s.twoProportionZ(nulls(column(reference, name)), 2000, nulls(column(current, name)), 2000);
    set("null_rate_z/z", z.z);
    set("null_rate_z/p", z.p);
  }
}

function categoricalDrift(name: string, reference: Table, current: Table, out: Values): void {
  const at = `drift/${name}`;
  const left = counts(present(column(reference, name)));
  const right = counts(present(column(current, name)));
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  const a = keys.map((key) => left[key] ?? 0);
  const b = keys.map((key) => right[key] ?? 0);
  const p = s.shares(a);
  const q = s.shares(b);
  const chi = s.chiSquareHomogeneity(a, b);
  const g = s.gHomogeneity(a, b);
  const n = s.sum(a);
  const m = s.sum(b);
  Object.assign(out, {
    [`${at}/chi2_homogeneity/statistic`]: chi.statistic,
    [`${at}/chi2_homogeneity/dof`]: chi.df,
    [`${at}/chi2_homogeneity/p`]: chi.p,
    [`${at}/g_homogeneity/statistic`]: g.statistic,
    [`${at}/g_homogeneity/p`]: g.p,
    [`${at}/z/statistic`]: s.twoProportionZ(n - a[0]!, n, m - b[0]!, m).z,
    [`${at}/tvd/value`]: s.totalVariation(p, q),
    [`${at}/linf/value`]: s.lInfinity(p, q),
    [`${at}/js/base2`]: s.jsDistance(p, q, 2),
    [`${at}/cramers_v/plain`]: s.cramersV(a, b, false),
    [`${at}/cramers_v/bias_corrected`]: s.cramersV(a, b),
  });
  if (keys.length === 2) out[`${at}/fisher/scipy_p`] = s.fisherExact(a[0]!, a[1]!, b[0]!, b[1]!);
}

function classification(side: string, data: Table, out: Values): void {
  const labels = numbers(column(data, "target"));
  const scores = numbers(column(data, "score"));
  const counted = s.confusion(labels, numbers(column(data, "pred")));
  const quality = s.decisionQuality(counted);
  const values: Values = {
    roc_auc: s.auc(labels, scores),
    average_precision: s.averagePrecision(labels, scores),
    pr_auc_trapezoid: s.precisionRecallArea(labels, scores),
    log_loss: s.logLoss(labels, scores),
    brier: s.brier(labels, scores),
    accuracy: quality.accuracy,
    balanced_accuracy: quality.balancedAccuracy,
    precision: quality.precision,
    recall: quality.recall,
    specificity: quality.specificity,
    f1: quality.f1,
    f2: quality.f2,
    mcc: quality.mcc,
    cohen_kappa: quality.kappa,
    ks_separation: s.ksSeparation(labels, scores),
    confusion: counted,
    ece_equal_width_10: s.ece(labels, scores, 10, "equal_width"),
    ece_equal_count_10: s.ece(labels, scores, 10, "equal_count"),
  };
  for (const [key, value] of Object.entries(values)) out[`classification/${side}/${key}`] = value;
  const truth = numbers(column(data, "y_true"));
  const prediction = numbers(column(data, "y_pred"));
  const errors = s.regressionQuality(truth, prediction);
  const regression: Values = {
    mae: errors.mae,
    mse: errors.mse,
    rmse: errors.rmse,
    r2: errors.r2,
    mape: errors.mape,
    median_ae: errors.medianAbsoluteError,
    max_error: errors.maxError,
    explained_variance: errors.explainedVariance,
    mean_error: errors.meanError,
    "pinball_0.9": s.pinballLoss(truth, prediction, 0.9),
  };
  for (const [key, value] of Object.entries(regression)) out[`regression/${side}/${key}`] = value;
}

function fairnessGaps(data: Table, out: Values): void {
  const labels = numbers(column(data, "target"));
  const decisions = numbers(column(data, "pred"));
  const crossed = column(data, "group").map((group, i) => `${group}|${column(data, "group2")[i]!}`);
  for (const [name, groups] of [
    ["group", column(data, "group")] as const,
    ["group2", column(data, "group2")] as const,
    ["group*group2", crossed] as const,
  ]) {
    const found = s.fairness(labels, decisions, groups);
    const values: Values = {
      demographic_parity_difference: found.demographicParityDifference,
      demographic_parity_ratio: found.demographicParityRatio,
      demographic_parity_difference_to_overall: found.demographicParityToOverall,
      equalized_odds_difference: found.equalizedOddsDifference,
      equalized_odds_ratio: found.equalizedOddsRatio,
      equalized_odds_difference_mean: found.equalizedOddsDifferenceMean,
      equal_opportunity_difference: found.equalOpportunityDifference,
      equal_opportunity_ratio: found.equalOpportunityRatio,
      four_fifths_pass: found.demographicParityRatio >= 0.8,
      by_group: Object.fromEntries(
        found.groups.map((g) => [
          g.group,
          {
            count: g.n,
            selection_rate: g.selectionRate,
            tpr: g.truePositiveRate,
            fpr: g.falsePositiveRate,
            accuracy: g.accuracy,
            precision: g.precision,
          },
        ]),
      ),
    };
    for (const [key, value] of Object.entries(values)) out[`fairness/${name}/${key}`] = value;
  }
}

const sums = ({ sum, sum_squares }: GoldenSums): s.Sums => ({ sum, sumSquares: sum_squares });

function arm(golden: GoldenArm): s.Arm {
  const { n } = golden;
  switch (golden.kind) {
    case "mean":
      return { kind: "mean", n, ...sums(golden) };
    case "proportion":
      return { kind: "proportion", n, sum: golden.sum };
    case "ratio":
      return { kind: "ratio", n, numerator: sums(golden.m), denominator: sums(golden.d), sumProducts: golden.sum_of_products };
    case "cuped":
      return { kind: "adjusted", n, outcome: sums(golden.post), covariate: sums(golden.pre), sumProducts: golden.sum_of_products };
  }
}

function abTests(spec: Spec, out: Values): void {
  const frequentist = (test: s.EffectTest): Values => ({
    expected: test.estimate,
    ci: test.undefinedBecause ? [0, 0] : [test.lower, test.upper],
    stddev: test.standardError,
    p_value: test.p,
    ...(test.undefinedBecause === "zero_variance" ? { error_message: "ZERO_NEGATIVE_VARIANCE" } : {}),
  });
  const bayesian = (found: s.BayesianEffect): Values => ({
    expected: found.estimate,
    ci: [found.lower, found.upper],
    stddev: found.standardError,
    chance_to_win: found.chanceToWin,
    risk: [found.controlLoss, found.treatmentLoss],
    ...(found.undefinedBecause === "zero_variance" ? { error_message: "ZERO_NEGATIVE_VARIANCE" } : {}),
  });
  for (const { name, control, treatment } of spec.ab_cases) {
    for (const scale of ["relative", "absolute"] as const) {
      const at = `ab_head/${name}/${scale}`;
      const found = s.effect(arm(control), arm(treatment), scale);
      out[`${at}/frequentist`] = frequentist(s.fixedTest(found));
      out[`${at}/sequential_5000`] = frequentist(s.sequentialTest(found, 5000));
      out[`${at}/sequential_1000`] = frequentist(s.sequentialTest(found, 1000));
      out[`${at}/bayesian_flat`] = bayesian(s.bayesianEffect(found));
      out[`${at}/bayesian_prior`] = bayesian(s.bayesianEffect(found, { mean: 0.02, variance: 0.09, scale: "relative" }));
      out[`${at}/one_sided_greater`] = frequentist(s.fixedTest(found, 0.05, "greater"));
      out[`${at}/one_sided_lesser`] = frequentist(s.fixedTest(found, 0.05, "less"));
    }
    out[`ab_head/${name}/theta`] = s.adjustmentSlope(arm(control), arm(treatment));
  }
  spec.srm_cases.forEach(({ users, weights }, i) => {
    out[`ab_head/srm/${i}`] = s.sampleRatioP(users, weights, true);
  });
}

/** Every value that the golden file can ask for, by entry id. */
export function goldenValues(): Values {
  const out: Values = {};
  const reference = table("reference.csv");
  const current = table("current.csv");
  for (const [side, data] of [["reference", reference] as const, ["current", current] as const]) {
    profiles(side, data, out);
    tests(side, data, out);
    classification(side, data, out);
  }
  for (const name of NUMERIC) numericDrift(name, reference, current, out);
  for (const name of CATEGORICAL) categoricalDrift(name, reference, current, out);
  fairnessGaps(current, out);
  const keys = [...NUMERIC.map((name) => `drift/${name}/ks/p_asymp`), ...CATEGORICAL.map((name) => `drift/${name}/chi2_homogeneity/p`)];
  const p = keys.map((key) => out[key] as number);
  const byKey = (adjusted: Float64Array): Values => Object.fromEntries(keys.map((key, i) => [key, adjusted[i]]));
  out["multiplicity/bh"] = byKey(s.benjaminiHochberg(p));
  out["multiplicity/by"] = byKey(s.benjaminiYekutieli(p));
  abTests(JSON.parse(file("spec.json")) as Spec, out);
  return out;
}
