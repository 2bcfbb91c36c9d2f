import { type ColumnProfile, findUnitScale, pearson, type Quartiles, type UnitScale } from "@capstan/statistics";
import { type Baseline, labelsOf, rowsOf, tilesOf } from "./baseline.ts";
import { boundOf } from "./bounds.ts";
import type { Cause, Cell, JudgedWindow, Monitor, SeriesSpec, WindowFacts } from "./model.ts";
import { number, percent } from "./words.ts";

/** A unit is named when quartiles agree with a conversion to this share of their spread, or as nearly as so few rows can tell, within limits. */
const unitTolerance = { least: 0.05, most: 0.1, perRootRow: 4 } as const;
/** A column goes with the truth when its mean and the share of positives move together over the reference windows. */
const movesTogether = 0.7;
/** Rows of a special bin count as the cause of a drift when they make up this part of all that moved. */
const mostOfMoved = 0.5;
/** A category that has less than this part of the share it had before is missing. */
const missingBelow = 0.1;
/** All values moved by one amount when the middle moved by at least so many spreads and the spread kept its size within this share. */
const shifted = { leastSpreads: 1, spread: 0.25 } as const;

export type CauseFacts = {
  readonly monitor: Monitor;
  readonly baseline: Baseline;
  readonly series: readonly SeriesSpec[];
  readonly window: WindowFacts;
  readonly judged: JudgedWindow;
  readonly before: WindowFacts | undefined;
  /** Of failing columns of numbers. */
  readonly quartiles: ReadonlyMap<string, { readonly reference: Quartiles; readonly current: Quartiles }>;
  readonly alpha: number;
  /** Causes of the alerts of the window before, where it touches this one. */
  readonly goingOn: readonly Cause[];
};

const levelSeries = (of: SeriesSpec["of"], labels: boolean): SeriesSpec => ({
  id: "",
  name: "",
  group: "realised",
  unit: "share",
  measure: "level",
  of,
  labels,
  method: "psi",
  alpha: null,
  effect: null,
  minRows: null,
});

/** Why a window failed, the best explanation first. Every failing series is explained by at least one, if only by "moved without a known reason". */
export function causesOf(facts: CauseFacts): Cause[] {
  const failing = facts.judged.cells.filter((cell) => cell.verdict === "fail");
  if (failing.length === 0) return [];
  const specs = new Map(facts.series.map((one) => [one.id, one]));
  const columns = failing.flatMap((cell) => {
    const spec = specs.get(cell.series);
    return spec?.of.kind === "column" ? [{ cell, column: spec.of.column }] : [];
  });
  const units = columns.flatMap(({ column }) => unitCause(facts, column, failing));
  const data = columns.flatMap(({ column }) => (units.some((one) => one.about === column) ? [] : dataCause(facts, column, failing)));
  const taken = new Set([...units, ...data].flatMap((one) => one.explains));
  const missing = missingCauses(
    facts,
    columns.map((one) => one.column),
    failing.filter((cell) => !taken.has(cell.series)),
    failing,
  );
  for (const series of missing.flatMap((one) => one.explains)) taken.add(series);
  const prior = priorCause(
    facts,
    failing.filter((cell) => !taken.has(cell.series)),
    failing.length,
  );
  for (const series of prior.flatMap((one) => one.explains)) taken.add(series);
  const release = releaseCause(facts, failing);
  for (const series of release.flatMap((one) => one.explains)) taken.add(series);
  const continued = facts.goingOn.flatMap((cause) =>
    continuedCause(
      cause,
      failing.filter((cell) => !taken.has(cell.series)),
      failing.length,
    ),
  );
  for (const series of continued.flatMap((one) => one.explains)) taken.add(series);
  const rest = failing.filter((cell) => !taken.has(cell.series));
  // What nobody can explain yet is one thing to be looked at, with what of it went on from the window before.
  const lasting = continued.find((cause) => cause.kind === "upstream");
  const unknown =
    rest.length === 0
      ? []
      : lasting
        ? [{ ...lasting, explains: [...lasting.explains, ...rest.map((cell) => cell.series)] }]
        : [unknownCause(facts, rest, specs, failing.length)];
  const others = lasting && rest.length > 0 ? continued.filter((cause) => cause !== lasting) : continued;
  return [...units, ...data, ...missing, ...prior, ...release, ...others, ...unknown].sort((a, b) => b.score - a.score);
}

function unitCause({ monitor, quartiles, window }: CauseFacts, column: string, failing: readonly Cell[]): Cause[] {
  const pair = quartiles.get(column);
  const unit: UnitScale | undefined =
    pair &&
    findUnitScale(
      pair.reference,
      pair.current,
      Math.min(unitTolerance.most, Math.max(unitTolerance.least, unitTolerance.perRootRow / Math.sqrt(rowsOf(window)))),
    );
  if (!pair || !unit) return [];
  const explains = withConsequences(column, failing);
  const ratio = `median ${number(pair.reference.median)} became ${number(pair.current.median)}`;
  const factor =
    unit.offset === 0
      ? `, a factor of ${number(pair.current.median / pair.reference.median)}; ${unit.name} is ${number(unit.factor)}`
      : `; ${unit.name} fits`;
  return [
    {
      kind: "unit",
      title: `${column}: ${unit.name}`,
      evidence: `${ratio}${factor}`,
      score: explains.length / failing.length,
      href: monitorHref(monitor, column),
      explains,
      about: column,
    },
  ];
}

const truthMoved = (failing: readonly Cell[]): boolean => failing.some((cell) => cell.series === "realised:label-share");

/** What a wrong column does to the answers is its consequence, unless the truth has moved, too. */
const withConsequences = (column: string, failing: readonly Cell[]): string[] => [
  `column:${column}`,
  ...(truthMoved(failing) ? [] : failing.filter((cell) => cell.series !== `column:${column}` && answers(cell)).map((cell) => cell.series)),
];
const answers = (cell: Cell): boolean => cell.series.startsWith("prediction:") || cell.series.startsWith("realised:");

/** A feed that adds the same to every value. Told from a world that moved by the truth, which stayed: without it both look alike. */
function shiftCause({ monitor, quartiles, judged }: CauseFacts, column: string, failing: readonly Cell[]): Cause[] {
  const pair = quartiles.get(column);
  if (!pair || !judged.mature || truthMoved(failing)) return [];
  const [before, now] = [pair.reference.q75 - pair.reference.q25, pair.current.q75 - pair.current.q25];
  const by = pair.current.median - pair.reference.median;
  if (!(before > 0 && now > 0) || Math.abs(Math.log(now / before)) > shifted.spread || Math.abs(by) < shifted.leastSpreads * before)
    return [];
  const explains = withConsequences(column, failing);
  return [
    {
      kind: "data",
      title: `${column}: ${number(Math.abs(by))} ${by > 0 ? "more" : "less"} than before`,
      evidence: `median ${number(pair.reference.median)} became ${number(pair.current.median)}, the middle half as wide as before, and the truth did not move`,
      score: explains.length / failing.length,
      href: monitorHref(monitor, column),
      explains,
      about: column,
    },
  ];
}

function dataCause(facts: CauseFacts, column: string, failing: readonly Cell[]): Cause[] {
  const { monitor, baseline, window } = facts;
  const shift = shiftCause(facts, column, failing);
  if (shift.length > 0) return shift;
  const pair = baseline.profiles(column, window);
  if (!pair) return [];
  const explains = [`column:${column}`];
  const common = {
    kind: "data" as const,
    score: explains.length / failing.length,
    href: monitorHref(monitor, column),
    explains,
    about: column,
  };
  const moved = totalMoved(pair.reference, pair.current);
  const nulls = [pair.reference.nulls / pair.reference.n, pair.current.nulls / pair.current.n] as const;
  if (Math.abs(nulls[1] - nulls[0]) > mostOfMoved * moved)
    return [
      {
        ...common,
        title: `${column}: missing values ${nulls[1] > nulls[0] ? "rose" : "fell"}`,
        evidence: `from ${percent(nulls[0])} to ${percent(nulls[1])} of the rows`,
      },
    ];
  if (pair.reference.kind === "categorical" && pair.current.kind === "categorical") {
    const unseen = [pair.reference.other / pair.reference.n, pair.current.other / pair.current.n] as const;
    if (unseen[1] - unseen[0] > mostOfMoved * moved)
      return [
        {
          ...common,
          title: `${column}: categories that the reference never held`,
          evidence: `${percent(unseen[1])} of the rows, ${percent(unseen[0])} before`,
        },
      ];
  }
  return [];
}

/** Categories that hardly come any more, when that makes up most of what moved in their column. The same ones missing in several columns are one cause; what their absence does to all else is its consequence, unless the truth has moved, too. */
function missingCauses(
  { monitor, baseline, window }: CauseFacts,
  columns: readonly string[],
  left: readonly Cell[],
  failing: readonly Cell[],
): Cause[] {
  const found = new Map<string, { columns: string[]; evidence: string[] }>();
  for (const column of columns) {
    const pair = left.some((cell) => cell.series === `column:${column}`) ? baseline.profiles(column, window) : undefined;
    if (pair?.reference.kind !== "categorical" || pair.current.kind !== "categorical") continue;
    const now = new Map(pair.current.counts);
    const { n: all, counts } = pair.reference;
    const current = pair.current.n;
    const gone = counts.flatMap(([category, count]) => {
      const [before, after] = [count / all, (now.get(category) ?? 0) / current];
      return after < missingBelow * before ? [{ category, before, after }] : [];
    });
    const lost = gone.reduce((sum, one) => sum + one.before - one.after, 0);
    if (lost <= mostOfMoved * totalMoved(pair.reference, pair.current)) continue;
    // Rare ones come and go: those are named that make up what was lost.
    const named = gone.filter((one) => one.before - one.after >= missingBelow * lost).slice(0, 3);
    const names = listed(named.map((one) => one.category));
    const known = found.get(names) ?? { columns: [], evidence: [] };
    known.columns.push(column);
    known.evidence.push(...named.map((one) => `${one.category} was ${percent(one.before)} of the rows, is ${percent(one.after)}`));
    found.set(names, known);
  }
  const consequences = truthMoved(failing) ? [] : left.map((cell) => cell.series);
  return [...found].map(([names, { columns: lacking, evidence }]) => {
    const explains = [...new Set([...lacking.map((column) => `column:${column}`), ...consequences])];
    return {
      kind: "data" as const,
      title: `${listed(lacking)}: ${names} ${names.includes(" ") ? "are" : "is"} missing`,
      evidence: evidence.join("; "),
      score: explains.length / failing.length,
      href: monitorHref(monitor, lacking[0] ?? ""),
      explains,
      about: lacking.join(", "),
    };
  });
}

/** `a`, `a and b`, `a, b and c`. */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Total variation over bins. */
function totalMoved(reference: ColumnProfile, current: ColumnProfile): number {
  const shares = (profile: ColumnProfile): Map<string, number> =>
    new Map<string, number>([
      ...(profile.kind === "numeric"
        ? profile.counts.map((count, i): [string, number] => [String(i), count / profile.n])
        : profile.counts.map(([category, count]): [string, number] => [`=${category}`, count / profile.n])),
      ["null", profile.nulls / profile.n],
      ["other", profile.kind === "numeric" ? profile.infinite / profile.n : profile.other / profile.n],
    ]);
  const [a, b] = [shares(reference), shares(current)];
  return [...new Set([...a.keys(), ...b.keys()])].reduce((sum, key) => sum + Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0)) / 2, 0);
}

/** The share of positives has moved, and with it what goes with it. Asked of the truth, or of the mean prediction while the truth is still to come. */
function priorCause(
  { monitor, baseline, series, window, judged, before, alpha, goingOn }: CauseFacts,
  failing: readonly Cell[],
  all: number,
): Cause[] {
  const said = (
    of: SeriesSpec["of"],
    labels: boolean,
  ): { value: number; p: number; others: number[]; low: number | null; high: number | null } | undefined => {
    const spec = levelSeries(of, labels);
    const measured = baseline.measure(spec, window);
    if (!measured) return undefined;
    const others = baseline.values(spec, tilesOf(window));
    const bound = boundOf("level", measured.value, others, alpha);
    return bound ? { value: measured.value, p: bound.p, others, low: bound.lower, high: bound.bound } : undefined;
  };
  const truth = judged.mature && labelsOf(window) > 0 ? said({ kind: "label_share" }, true) : undefined;
  const predicted = newVersions(window, before).length === 0 ? said({ kind: "score_mean" }, false) : undefined;
  // What began as a prior shift goes on as one while its series are outside, even when the share itself is back at the edge.
  const begun = goingOn.find((cause) => cause.kind === "prior");
  const looked = [
    truth ? { ...truth, what: `share of ${monitor.columns.label}` } : undefined,
    predicted ? { ...predicted, what: "mean prediction" } : undefined,
  ].filter((one) => one !== undefined);
  // Where the truth is known it has the word: answers that moved without it have another cause.
  const moved = looked.filter((one) => one.p <= alpha && (!truth || truth.p <= alpha || begun !== undefined));
  const first = moved[0] ?? (begun ? looked[0] : undefined);
  if (!first) return [];
  const together = new Set([...columnsWithTruth(baseline, series), ...(begun?.explains ?? [])]);
  const explains = failing.flatMap((cell) =>
    cell.series === "realised:label-share" ||
    cell.series.startsWith("prediction:") ||
    cell.series.startsWith("realised:") ||
    together.has(cell.series)
      ? [cell.series]
      : [],
  );
  if (explains.length === 0) return [];
  const evidence = (moved.length > 0 ? moved : looked)
    .map(
      (one) =>
        `${one.what} ${percent(one.value)}; ${one.others.length} reference windows ${percent(Math.min(...one.others))} to ${percent(Math.max(...one.others))}, bounds ${percent(one.low ?? 0)} to ${percent(one.high ?? 1)}`,
    )
    .join(". ");
  const down = first.value < first.others.reduce((sum, value) => sum + value, 0) / first.others.length;
  const title = begun
    ? `Prior shift goes on: ${first.what} ${percent(first.value)}`
    : `Prior shift: ${first.what} ${down ? "fell" : "rose"} to ${percent(first.value)}`;
  return [
    {
      kind: "prior",
      title,
      evidence,
      score: explains.length / all,
      href: monitorHref(monitor, first.what !== "mean prediction" ? "label-share" : "mean-prediction"),
      explains,
      about: "",
    },
  ];
}

/** Columns of numbers whose mean goes with the share of positives over the reference windows. */
function columnsWithTruth(baseline: Baseline, series: readonly SeriesSpec[]): string[] {
  const windows = baseline.reference.windows.filter((window) => labelsOf(window) > 0);
  if (windows.length < 5) return [];
  const share = windows.map((window) => baseline.measure(levelSeries({ kind: "label_share" }, true), window)?.value ?? Number.NaN);
  return series.flatMap((one) => {
    if (one.of.kind !== "column") return [];
    const column = one.of.column;
    const means = windows.map((window) => {
      const profile = baseline.profiles(column, window)?.current;
      return profile?.kind === "numeric" ? profile.mean : Number.NaN;
    });
    return Math.abs(pearson(means, share)) >= movesTogether ? [one.id] : [];
  });
}

const newVersions = (window: WindowFacts, before: WindowFacts | undefined): string[] =>
  before ? Object.keys(window.versions).filter((version) => before.versions[version] === undefined) : [];

function releaseCause({ monitor, window, before }: CauseFacts, failing: readonly Cell[]): Cause[] {
  const fresh = newVersions(window, before);
  const explains = failing
    .filter((cell) => cell.series.startsWith("prediction:") || cell.series.startsWith("realised:"))
    .map((cell) => cell.series);
  if (fresh.length === 0 || explains.length === 0) return [];
  const rows = fresh.reduce((sum, version) => sum + (window.versions[version] ?? 0), 0);
  return [
    {
      kind: "release",
      title: `${fresh.join(", ")} began to answer`,
      evidence: `${rows} rows of this window, none of the one before`,
      score: (explains.length / failing.length) * 0.9,
      href: `/p/${monitor.project}/routes/${monitor.route}`,
      explains,
      about: fresh.join(),
    },
  ];
}

/** What had a cause in the window before has the same one now, unless something explains it better. */
function continuedCause(cause: Cause, failing: readonly Cell[], all: number): Cause[] {
  const explains = failing.flatMap((cell) => (cause.explains.includes(cell.series) ? [cell.series] : []));
  const title = cause.title.endsWith(" (goes on)") ? cause.title : `${cause.title} (goes on)`;
  return explains.length === 0
    ? []
    : [
        {
          ...cause,
          title,
          evidence: `as in the window before: ${explains.length} of its ${cause.explains.length} series still outside`,
          score: (explains.length / all) * 0.95,
          explains,
        },
      ];
}

/** What moved most says what it is about, so that it is the same cause in the next window. */
function unknownCause({ monitor }: CauseFacts, cells: readonly Cell[], specs: ReadonlyMap<string, SeriesSpec>, all: number): Cause {
  const [strongest, ...others] = cells.toSorted((a, b) => b.excess - a.excess);
  const nameOf = (cell: Cell): string => specs.get(cell.series)?.name ?? cell.series;
  const first = strongest ? nameOf(strongest) : "";
  const value = strongest?.value ?? 0;
  const lower = strongest?.lower ?? null;
  const names = [first, ...others.map(nameOf)];
  return {
    kind: "upstream",
    title: `${names.length > 3 ? `${names.length} series, ${first} most of all,` : listed(names)} moved without a known reason`,
    evidence: `${others.length > 0 ? `${first} ` : ""}${number(value)} against a bound of ${number((lower !== null && value < lower ? lower : strongest?.bound) ?? 0)}`,
    score: cells.length / all,
    href: monitorHref(monitor, first),
    explains: cells.map((cell) => cell.series),
    about: first,
  };
}

const monitorHref = (monitor: Monitor, series: string): string => `/p/${monitor.project}/monitors/${monitor.name}/columns/${series}`;
