import { CapstanError } from "../../../base/foundation/errors.ts";
import { runVocabulary } from "../search/run-search.ts";
import { type Comparison, listText, nullableText, numbers, typedFilter, type Vocabulary } from "../search/vocabulary.ts";

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

/** A filter as comparisons; a text without any operator is words that a name holds. The beginning of an id may stand alone. */
export function askedOf(filter: string): readonly Comparison[] {
  const text = filter.trim();
  if (text === "" || !/[=<>!]|\b(I?LIKE|IN|IS)\b/i.test(text))
    return text
      .split(/\s+/)
      .filter(Boolean)
      .slice(0, 20)
      .map((word) => {
        const base = { entity: "attribute", position: 1, type: "text" as const };
        return idBeginning.test(word)
          ? { ...base, key: "run_id", operator: "LIKE" as const, values: [`${word}%`] }
          : { ...base, key: "run_name", operator: "ILIKE" as const, values: [`%${word}%`] };
      });
  return typedFilter(text, vocabulary);
}

export const statistics = ["last", "min", "max"] as const;
/** A column of the table. `statistic` is of metrics only. */
export type Column =
  | { entity: "metric"; key: string; statistic: (typeof statistics)[number] }
  | { entity: "param" | "tag"; key: string }
  | { entity: "attribute"; key: Attribute };

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
    const at = key.lastIndexOf("@");
    const statistic = statistics.find((one) => one === key.slice(at + 1));
    return at > 0 && statistic ? { entity: "metric", key: key.slice(0, at), statistic } : { entity: "metric", key, statistic: "last" };
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
