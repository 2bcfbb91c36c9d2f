import { CapstanError } from "../../../base/foundation/errors.ts";
import { runVocabulary } from "../search/run-search.ts";
import { type Literal, type Operator, searchError } from "../search/grammar.ts";
import {
  atStep,
  type Comparison,
  type Condition,
  listText,
  look,
  nullableText,
  numbers,
  type Statistic,
  stepOf,
  typedClause,
  type Vocabulary,
  type Word,
} from "../search/vocabulary.ts";
import { parseConditions, type Written, type WrittenClause } from "./filter-grammar.ts";
import { quantityOf, timeOf } from "../../../base/foundation/quantity.ts";

/** What MLflow's search knows, and the attributes that runs have here besides. */
const vocabulary: Vocabulary = {
  ...runVocabulary,
  closed: {
    ...runVocabulary.closed,
    attribute: {
      ...runVocabulary.closed["attribute"],
      id: { ...listText, as: "run_id" },
      name: { ...listText, as: "run_name" },
      user: { ...listText, as: "user_id" },
      by: { ...listText, as: "user_id" },
      kind: listText,
      step: nullableText,
      verdict: nullableText,
      parent: nullableText,
      experiment: numbers,
      started: { ...numbers, as: "start_time" },
      ended: { ...numbers, as: "end_time" },
      seconds: numbers,
    },
  },
};

/** Six hex digits with one of 0 to 9 among them are no word. */
const idBeginning = /^(?=[a-f]*\d)[0-9a-f]{6,32}$/;

const numberOrNone: Word = { type: "number", operators: [...numbers.operators, "IS NULL", "IS NOT NULL"] };
const textOrNone: Word = { type: "text", operators: [...listText.operators, "IS NULL", "IS NOT NULL"] };
/** What a text that anyone may set is asked for with a number. */
const inOrder: readonly Operator[] = ["<", "<=", ">", ">="];
const textOrNumber: Word = { ...textOrNone, orNumber: inOrder };
const orNone = (words: Readonly<Record<string, Word & { as?: string }>>): Record<string, Word & { as?: string }> =>
  Object.fromEntries(
    Object.entries(words).map(([key, word]) => [
      key,
      { ...(word.type === "number" ? numberOrNone : textOrNone), ...(word.as !== undefined && { as: word.as }) },
    ]),
  );
/** The same where anything may be asked whether it is there. */
const own: Vocabulary = {
  ...vocabulary,
  open: { metric: numberOrNone, param: textOrNumber, tag: textOrNumber },
  closed: { attribute: orNone(vocabulary.closed["attribute"] ?? {}), dataset: orNone(vocabulary.closed["dataset"] ?? {}) },
};
const times = new Set(["start_time", "end_time"]);

function wordOf(text: string): Comparison {
  const base = { entity: "attribute", position: 1, type: "text" as const };
  return idBeginning.test(text)
    ? { ...base, key: "run_id", operator: "LIKE", values: [`${text}%`] }
    : { ...base, key: "run_name", operator: "ILIKE", values: [`%${text}%`] };
}

/** Anything but words side by side. */
const isMore = /[=<>!~()]|\b(I?LIKE|RLIKE|IN|IS|BETWEEN|OR|AND|NOT)\b|\bhas:/i;

/** What a filter means by `now`, and by `me`: all names under which the one who asks has runs. */
export type Asker = { nowMs: number; me: readonly string[] };

/** A filter as conditions; a text of words alone is words that a name holds. The beginning of an id may stand for it. */
export function askedOf(filter: string, asker: Asker): readonly Condition[] {
  const text = filter.trim();
  if (!isMore.test(text)) return text.split(/\s+/).filter(Boolean).slice(0, 20).map(wordOf);
  const condition = parseConditions(text, { comparison: (clause) => comparisonOf(clause, asker), word: wordOf });
  return "all" in condition ? condition.all : [condition];
}

function comparisonOf(clause: WrittenClause, { nowMs, me }: Asker): Condition {
  const { name, literals, operator } = clause;
  const { entity, key, word } = look(own, name, "filter");
  const { bare: metric, statistic } = entity === "metric" ? statisticOf(key) : { bare: key, statistic: undefined };
  const isTime = entity === "attribute" && times.has(key);
  const bare: WrittenClause = statistic === undefined ? clause : { ...clause, name: { ...name, key: metric } };
  const typed = (asked: Operator, values: readonly Literal[]): Comparison => ({
    ...typedClause({ ...bare, operator: asked, literals: [...values] }, own, "filter"),
    ...(statistic !== undefined && statistic !== "last" && { statistic }),
  });
  if (isTime && literals.some((one) => one.kind !== "number")) return timeComparison(clause, typed, nowMs);
  const isMe = (one: Written): boolean => entity === "attribute" && key === "user_id" && one.kind === "word" && one.value === "me";
  if (literals.some(isMe))
    return typed(
      meOperator(clause),
      literals.flatMap((one) => (isMe(one) ? me.map(asText) : [asText(one.kind === "number" ? one.text : one.value)])),
    );
  const asNumber = word.orNumber?.includes(operator === "BETWEEN" ? ">=" : (operator as Operator)) ?? false;
  const values = literals.map((one): Literal => {
    if (word.type === "text" && !asNumber) return asText(one.kind === "number" ? one.text : one.value);
    if (one.kind !== "word") return one;
    const value = quantityOf(one.value);
    return value === undefined ? asText(one.value) : { kind: "number", value };
  });
  const text = asNumber ? values.find((one) => one.kind === "text") : undefined;
  if (text)
    throw searchError(
      "filter",
      clause.literalPosition,
      `Expected a number behind '${operator}' for ${entity} '${bare.name.key.slice(0, 100)}', found the text '${text.value.slice(0, 100)}': texts take =, !=, ~, LIKE and IN`,
    );
  if (operator === "BETWEEN") return { all: [typed(">=", values.slice(0, 1)), typed("<=", values.slice(1))] };
  if (operator === "~")
    return typed(
      "ILIKE",
      values.map((one) => asText(`%${one.value}%`)),
    );
  return typed(operator, values);
}

const asText = (value: string | number): Literal => ({ kind: "text", value: String(value) });

/** One person may have several names. */
function meOperator({ operator, operatorPosition }: WrittenClause): Operator {
  if (operator === "=" || operator === "IN") return "IN";
  if (operator === "!=" || operator === "NOT IN") return "NOT IN";
  throw searchError("filter", operatorPosition, `Invalid comparator '${operator}' for me, not one of '=', '!=', 'IN', 'NOT IN'`);
}

/** A day is as long as it is: `=` means within it, `>` behind it. */
function timeComparison(
  clause: WrittenClause,
  typed: (operator: Operator, values: readonly Literal[]) => Comparison,
  nowMs: number,
): Condition {
  const [first, second] = clause.literals.map((one) => {
    const found = one.kind === "number" ? { fromMs: one.value, toMs: one.value } : timeOf(one.value, nowMs);
    if (!found)
      throw searchError(
        "filter",
        clause.literalPosition,
        `'${String(one.value).slice(0, 100)}' is no time: write -3d, today, 2026-11-12 or 2026-11-12T06:00Z`,
      );
    return found;
  });
  if (!first) return typed(clause.operator === "IS NULL" ? "IS NULL" : "IS NOT NULL", []);
  const number = (operator: Operator, value: number): Comparison => typed(operator, [{ kind: "number", value }]);
  const isDay = first.toMs > first.fromMs;
  const within = (from: number, to: { fromMs: number; toMs: number }): Condition => ({
    all: [number(">=", from), to.toMs > to.fromMs ? number("<", to.toMs) : number("<=", to.fromMs)],
  });
  switch (clause.operator) {
    case "BETWEEN":
      return within(first.fromMs, second ?? first);
    case "=":
      return within(first.fromMs, first);
    case "!=":
      return { any: [number("<", first.fromMs), number(isDay ? ">=" : ">", first.toMs)] };
    case ">":
      return number(isDay ? ">=" : ">", first.toMs);
    case "<=":
      return number(isDay ? "<" : "<=", first.toMs);
    case "<":
    case ">=":
      return number(clause.operator, first.fromMs);
    default:
      throw searchError("filter", clause.operatorPosition, `Invalid comparator '${clause.operator}' for a time`);
  }
}

const statistics = ["last", "min", "max"] as const;
/** What stands behind the last `@` of a metric's name, where that is a statistic. */
function statisticOf(key: string): { bare: string; statistic: "last" | Statistic | undefined } {
  const at = key.lastIndexOf("@");
  const said = at > 0 ? key.slice(at + 1) : "";
  const step = stepOf(said);
  const statistic = step === undefined ? statistics.find((one) => one === said) : atStep(step);
  return { bare: statistic === undefined ? key : key.slice(0, at), statistic };
}
/** A column of the table. `statistic` is of metrics only. */
export type MetricColumn = { entity: "metric"; key: string; statistic: "last" | Statistic };
export type Column = MetricColumn | { entity: "param" | "tag"; key: string } | { entity: "attribute"; key: Attribute };

/** Attributes with the SQL of their values; what is text is compared and ordered bytewise. */
export const attributes = {
  id: { sql: "run.id", text: true },
  name: { sql: "run.name", text: true },
  user: { sql: "run.by_name", text: true },
  status: { sql: "run.status", text: true },
  kind: { sql: "run.kind", text: true },
  step: { sql: "run.step", text: true },
  verdict: { sql: "run.verdict", text: true },
  parent: { sql: "run.parent_id", text: true },
  experiment: { sql: "run.experiment_id", text: false },
  started: { sql: "run.started_ms", text: false },
  ended: { sql: "run.ended_ms", text: false },
  seconds: { sql: "coalesce(run.wall_seconds, (run.ended_ms - run.started_ms) / 1000.0)", text: false },
} as const;
export type Attribute = keyof typeof attributes;
const isAttribute = (key: string): key is Attribute => Object.hasOwn(attributes, key);

const spelled: Readonly<Record<string, Attribute>> = {
  run_id: "id",
  run_name: "name",
  user_id: "user",
  by: "user",
  start_time: "started",
  end_time: "ended",
};

/** `metrics.auc@max`, `params.lr`, `tags.x`, `started`. */
export function columnOf(text: string, what = "columns"): Column {
  const dot = text.indexOf(".");
  const entity = dot < 0 ? undefined : text.slice(0, dot);
  const key = text.slice(dot + 1);
  if ((entity === "params" || entity === "tags") && key !== "") return { entity: entity === "params" ? "param" : "tag", key };
  if (entity === "metrics" && key !== "") {
    const { bare, statistic = "last" } = statisticOf(key);
    return { entity: "metric", key: bare, statistic };
  }
  const attribute = spelled[text] ?? (entity === "attributes" ? (spelled[key] ?? key) : text);
  if (isAttribute(attribute)) return { entity: "attribute", key: attribute };
  throw new CapstanError("CAP-TRACK-002", {
    what,
    problem: `'${text.slice(0, 100)}' is no column: write metrics.NAME, params.NAME, tags.NAME or one of ${Object.keys(attributes).join(", ")}`,
  });
}

/** Where a spelling of the filter's attributes is kept. */
export const attributeSql = (key: string): string => {
  const own = spelled[key] ?? key;
  return isAttribute(own) ? attributes[own].sql : "run.id";
};
