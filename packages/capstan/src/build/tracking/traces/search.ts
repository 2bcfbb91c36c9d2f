import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Database } from "../../../base/storage/database.ts";
import { bytewise, compared, missingLast, type OrderPart, type Sql, sql } from "../search/compile.ts";
import { searchPage } from "../search/page.ts";
import {
  type Comparison,
  listText,
  nullableText,
  numberOperators,
  numbers,
  textWord,
  typedFilter,
  typedOrders,
  type Vocabulary,
  type Word,
} from "../search/vocabulary.ts";
import type { TraceRow } from "./store.ts";

const entities = {
  tag: "tag",
  tags: "tag",
  attribute: "attribute",
  attributes: "attribute",
  attr: "attribute",
  trace: "attribute",
  metadata: "metadata",
  request_metadata: "metadata",
  span: "span",
  feedback: "feedback",
  expectation: "expectation",
  issue: "issue",
};
const rlike = (word: Word): Word => ({ ...word, operators: [...word.operators, "RLIKE"] });
const matched = rlike(nullableText);
const said: Word = { ...matched, orNumber: numberOperators };
const listed = rlike(listText);
const like: Word = { type: "text", operators: ["LIKE", "ILIKE"] };
const times = {
  timestamp: { ...numbers, as: "timestamp_ms" },
  timestamp_ms: numbers,
  execution_time: { ...numbers, as: "execution_time_ms" },
  execution_time_ms: numbers,
  end_time: { ...numbers, as: "end_time_ms" },
  end_time_ms: numbers,
};
const names = {
  request_id: listed,
  trace_id: { ...listed, as: "request_id" },
  status: listed,
  state: { ...listed, as: "status" },
  name: listed,
  run_id: listed,
};
const filters: Vocabulary = {
  entities,
  open: { tag: matched, metadata: matched, span: listed, feedback: said, expectation: said },
  closed: {
    attribute: { ...times, ...names, client_request_id: listed, prompt: textWord, text: like },
    issue: { id: { type: "text", operators: ["="] } },
  },
};
const orders: Vocabulary = {
  entities,
  open: { tag: textWord, metadata: textWord },
  closed: { attribute: { ...times, ...names, experiment_id: numbers } },
  unordered: ["span"],
};

const attributes: Readonly<Record<string, string>> = {
  request_id: "t.id",
  timestamp_ms: "t.request_ms",
  execution_time_ms: "t.duration_ms",
  end_time_ms: "(t.request_ms + t.duration_ms)",
  status: "t.state",
  client_request_id: "t.client_request_id",
  experiment_id: "t.experiment_id",
};

export type TraceQuery = { experimentIds: readonly string[]; filter?: string; orderBy?: readonly string[]; limit: number; token?: string };

/** A condition on a text of the trace. A text that is not there fails everything but IS NULL. */
function onText(dialect: Database["dialect"], kind: "tag" | "metadata", key: string, one: Comparison): Sql {
  const there = "select 1 from trace_text x where x.trace_id = t.id and x.kind = ? and x.key = ?";
  if (one.operator === "IS NULL") return sql(`not exists (${there})`, kind, key);
  if (one.operator === "IS NOT NULL") return sql(`exists (${there})`, kind, key);
  const inner = compared(dialect, "x.value", one);
  return sql(`exists (${there} and ${inner.sql})`, kind, key, ...inner.params);
}

/** How an attribute begins and, being a text, ends in the kept form of a span. */
const begun = (key: string): string => `[${JSON.stringify(key)},{`;
const member = (key: string, value: string): string => `${begun(key)}"s":"${value}"}]`;

/** A span `s` for which all of these hold. */
function someSpan(dialect: Database["dialect"], all: readonly Comparison[]): Sql[] {
  if (all.length === 0) return [];
  const parts = all.map((one) => ofSpan(dialect, one));
  return [
    sql(
      `exists (select 1 from trace_span s where s.trace_id = t.id and ${parts.map((one) => one.sql).join(" and ")})`,
      ...parts.flatMap((one) => one.params),
    ),
  ];
}

/** An attribute's value as text, from an element of the kept list. */
const attributeText = {
  sqlite: `coalesce(${["s", "i", "d"].map((form) => `cast(json_extract(a.value, '$[1].${form}') as TEXT)`).join(", ")}, case json_extract(a.value, '$[1].b') when 1 then 'true' when 0 then 'false' end)`,
  postgres: `coalesce(${["s", "i", "d", "b"].map((form) => `a.value -> 1 ->> '${form}'`).join(", ")})`,
};

function ofSpan(dialect: Database["dialect"], one: Comparison): Sql {
  const within = dialect === "postgres" ? "strpos" : "instr";
  if (["name", "type", "status"].includes(one.key)) return compared(dialect, `s.${one.key}`, one);
  if (one.key === "content" && (one.operator === "LIKE" || one.operator === "ILIKE")) return compared(dialect, "s.content", one);
  if (!one.key.startsWith("attributes.") || one.key === "attributes.")
    throw new CapstanError("CAP-TRACK-002", {
      what: "filter",
      problem: `Invalid span attribute '${one.key.slice(0, 100)}'. Supported attributes: name, status, type, content (LIKE, ILIKE), attributes.<attribute_name>, at character ${one.position}`,
    });
  const key = one.key.slice("attributes.".length);
  const values = one.values.map(String);
  const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
  const equal = (value: string): Sql => {
    const prefix = begun(key);
    const forms = [
      member(key, quoted(value)),
      `${prefix}"i":${value}}]`,
      `${prefix}"d":${value}}]`,
      `${prefix}"b":${value.toLowerCase()}}]`,
    ];
    return sql(`(${forms.map(() => `${within}(s.content, ?) > 0`).join(" or ")})`, ...forms);
  };
  const any = (all: readonly Sql[]): Sql => sql(`(${all.map((each) => each.sql).join(" or ")})`, ...all.flatMap((each) => each.params));
  const present = sql(`${within}(s.content, ?) > 0`, begun(key));
  if (one.operator === "=" || one.operator === "IN") return any(values.map(equal));
  if (one.operator === "!=" || one.operator === "NOT IN") {
    const found = any(values.map(equal));
    return sql(`(${present.sql} and not ${found.sql})`, ...present.params, ...found.params);
  }
  const matches = compared(dialect, attributeText[dialect], one);
  const [list, name] =
    dialect === "postgres"
      ? ["json_array_elements(cast(s.content as json) -> 'attributes')", "a.value ->> 0"]
      : ["json_each(s.content, '$.attributes')", "json_extract(a.value, '$[0]')"];
  return sql(
    `(${present.sql} and exists (select 1 from ${list} a where ${name} = ? and ${matches.sql}))`,
    ...present.params,
    key,
    ...matches.params,
  );
}

const jsonText = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};

/** Values of assessments are JSON; a text is compared with its JSON and as JSON. One that was overridden does not count. */
function onAssessment(dialect: Database["dialect"], one: Comparison): Sql {
  const there = "select 1 from assessment a where a.trace_id = t.id and a.kind = ? and a.name = ? and a.valid = 1";
  if (one.operator === "IS NULL") return sql(`not exists (${there})`, one.entity, one.key);
  if (one.operator === "IS NOT NULL") return sql(`exists (${there})`, one.entity, one.key);
  if (one.type === "number") {
    const number =
      dialect === "postgres"
        ? "(case when json_typeof(cast(a.value as json)) = 'number' then cast(cast(a.value as json) #>> '{}' as DOUBLE PRECISION) end)"
        : "(case when json_type(a.value) in ('integer', 'real') then json_extract(a.value, '$') end)";
    const inner = compared(dialect, number, one);
    return sql(`exists (${there} and ${inner.sql})`, one.entity, one.key, ...inner.params);
  }
  const value = String(one.values[0]);
  if (one.operator === "=" || one.operator === "!=")
    return sql(
      `exists (${there} and ${one.operator === "!=" ? "not " : ""}(a.value = ? or a.value = ?))`,
      one.entity,
      one.key,
      jsonText(value),
      JSON.stringify(value),
    );
  const said = dialect === "postgres" ? "cast(a.value as json) #>> '{}'" : "json_extract(a.value, '$')";
  const inner = compared(dialect, one.operator === "RLIKE" ? `(${said})` : "a.value", one);
  return sql(`exists (${there} and ${inner.sql})`, one.entity, one.key, ...inner.params);
}

function condition(dialect: Database["dialect"], one: Comparison): Sql {
  if (one.entity === "tag" || one.entity === "metadata") return onText(dialect, one.entity, one.key, one);
  if (one.entity === "feedback" || one.entity === "expectation") return onAssessment(dialect, one);
  if (one.entity === "issue")
    return sql("exists (select 1 from assessment a where a.trace_id = t.id and a.kind = 'issue' and a.name = ?)", String(one.values[0]));
  if (one.key === "name") return onText(dialect, "tag", "mlflow.traceName", one);
  if (one.key === "prompt") {
    const [, name, version] = /^([^/]+)\/([^/]+)$/.exec(String(one.values[0])) ?? [];
    const within = dialect === "postgres" ? "strpos" : "instr";
    return sql(
      `exists (select 1 from trace_text x where x.trace_id = t.id and x.kind = 'tag' and x.key = 'mlflow.linkedPrompts' and ${within}(x.value, ?) > 0)`,
      `"name": ${JSON.stringify(name ?? String(one.values[0]))}${version === undefined ? "" : `, "version": ${JSON.stringify(version)}`}`,
    );
  }
  if (one.key === "run_id") {
    const stated = onText(dialect, "metadata", "mlflow.sourceRun", one);
    const linked = compared(dialect, "l.run_id", one);
    return sql(
      `(${stated.sql} or exists (select 1 from trace_run l where l.trace_id = t.id and ${linked.sql}))`,
      ...stated.params,
      ...linked.params,
    );
  }
  return compared(dialect, attributes[one.key] ?? "t.id", one);
}

/** Conditions that traces of these experiments must meet; those on spans are met by one of them. */
export function whereOf(dialect: Database["dialect"], experimentIds: readonly string[], filter: string): Sql {
  const asked = typedFilter(filter, filters);
  const isText = (one: Comparison): boolean => one.entity === "attribute" && one.key === "text";
  const parts = [
    { sql: `t.experiment_id in (${experimentIds.map(() => "?").join(", ") || "null"})`, params: experimentIds.map(Number) },
    ...asked.filter((one) => one.entity !== "span" && !isText(one)).map((one) => condition(dialect, one)),
    ...someSpan(
      dialect,
      asked.filter((one) => one.entity === "span"),
    ),
    // Each word that a trace says may be in another of its spans.
    ...asked.filter(isText).flatMap((one) => someSpan(dialect, [{ ...one, entity: "span", key: "content" }])),
  ];
  return { sql: parts.map((one) => one.sql).join(" and "), params: parts.flatMap((one) => one.params) };
}

/** One page of traces, newest first unless another order is asked for. */
export async function searchTraces(database: Database, query: TraceQuery): Promise<{ rows: TraceRow[]; next?: string }> {
  const asked = typedOrders(query.orderBy ?? [], orders);
  const parts = asked.flatMap((one): OrderPart[] => {
    if (one.entity !== "attribute") {
      const value = sql("(select x.value from trace_text x where x.trace_id = t.id and x.kind = ? and x.key = ?)", one.entity, one.key);
      return missingLast(
        { ...value, sql: `(case when ${value.sql} is null then 1 else 0 end)` },
        { ...value, sql: bytewise(database.dialect, `coalesce(${value.sql}, '')`) },
        one.descending,
      );
    }
    if (one.key === "name" || one.key === "run_id") {
      const [kind, key] = one.key === "name" ? ["tag", "mlflow.traceName"] : ["metadata", "mlflow.sourceRun"];
      const value = sql(
        "coalesce((select x.value from trace_text x where x.trace_id = t.id and x.kind = ? and x.key = ?), '')",
        kind ?? "",
        key ?? "",
      );
      return [{ expression: { ...value, sql: bytewise(database.dialect, value.sql) }, descending: one.descending }];
    }
    const column = attributes[one.key] ?? "t.id";
    if (one.key === "execution_time_ms" || one.key === "end_time_ms")
      return missingLast(sql("case when t.duration_ms is null then 1 else 0 end"), sql(`coalesce(${column}, 0)`), one.descending);
    return [{ expression: sql(one.type === "text" ? bytewise(database.dialect, column) : column), descending: one.descending }];
  });
  if (!asked.some((one) => one.key === "timestamp_ms")) parts.push({ expression: sql("t.request_ms"), descending: true });
  if (!asked.some((one) => one.key === "request_id"))
    parts.push({ expression: sql(bytewise(database.dialect, "t.id")), descending: false });
  const { page, next } = await searchPage<TraceRow>(database, {
    table: "trace t",
    where: [whereOf(database.dialect, query.experimentIds, query.filter ?? "")],
    order: parts,
    question: ["traces", query.experimentIds, query.filter ?? "", query.orderBy ?? []],
    limit: query.limit,
    pageToken: query.token,
  });
  return { rows: page, ...(next !== undefined && { next }) };
}
