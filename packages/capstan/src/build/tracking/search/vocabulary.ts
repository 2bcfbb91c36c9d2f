import { type Clause, type Name, type Operator, parseFilter, parseOrder, searchError } from "./grammar.ts";

export const numberOperators = [">", ">=", "!=", "=", "<", "<="] as const satisfies Operator[];
const textOperators = ["!=", "=", "LIKE", "ILIKE"] as const satisfies Operator[];
const nullOperators = ["IS NULL", "IS NOT NULL"] as const satisfies Operator[];
export const numbers: Word = { type: "number", operators: numberOperators };
export const textWord: Word = { type: "text", operators: textOperators };
export const nullableText: Word = { type: "text", operators: [...textOperators, ...nullOperators] };
export const listText: Word = { type: "text", operators: [...textOperators, "IN", "NOT IN"] };

/** What may be compared how. */
export type Word = {
  type: "number" | "text";
  operators: readonly Operator[];
  /** A number that its clients hold as text, and so write in quotes, too. */
  quoted?: true;
  /** What a text is compared with may be a number, too: then with these. */
  orNumber?: readonly Operator[];
};
/**
 * The names that searching one noun knows: entities by all of their spellings, and for entities with fixed keys (`attribute` among them) the keys.
 * A bare key is an attribute.
 */
export type Vocabulary = {
  entities: Readonly<Record<string, string>>;
  /** Entities whose keys anyone may choose. */
  open: Readonly<Record<string, Word>>;
  /** Entities whose keys are these; `as` is the key that another spelling means. */
  closed: Readonly<Record<string, Readonly<Record<string, Word & { as?: string }>>>>;
  /** Entities that an order may not name. */
  unordered?: readonly string[];
};

/** Of a metric: its last value unless another is said. At a step it is what was logged last there. */
export type Statistic = "min" | "max" | `step(${number})`;
const stepText = /^step\((-?[0-9]{1,16})\)$/;
/** The step that a statistic names. */
export const stepOf = (statistic: string | undefined): number | undefined => {
  const text = statistic === undefined ? undefined : stepText.exec(statistic)?.[1];
  return text === undefined || !Number.isSafeInteger(Number(text)) ? undefined : Number(text);
};
export const atStep = (step: number): Statistic => `step(${step})`;
export type Comparison = { entity: string; key: string; statistic?: Statistic; operator: Operator; position: number } & (
  | { type: "number"; values: readonly number[] }
  | { type: "text"; values: readonly string[] }
);
/** What must hold: a comparison, or some put together. What is missing matches no comparison but IS NULL; `not` of a comparison it does match. */
export type Condition = Comparison | { all: readonly Condition[] } | { any: readonly Condition[] } | { not: Condition };
/** The comparisons of conditions. */
export const leavesOf = (conditions: readonly Condition[]): Comparison[] =>
  conditions.flatMap((one) =>
    "all" in one ? leavesOf(one.all) : "any" in one ? leavesOf(one.any) : "not" in one ? leavesOf([one.not]) : [one],
  );
export type Order = { entity: string; key: string; statistic?: Statistic; type: "number" | "text"; descending: boolean };

const list = (names: Iterable<string>): string => [...names].map((one) => `'${one}'`).join(", ");

export function look(vocabulary: Vocabulary, name: Name, what: string): { entity: string; key: string; word: Word } {
  const entity = name.entity === undefined ? "attribute" : vocabulary.entities[name.entity];
  if (entity === undefined)
    throw searchError(
      what,
      name.position,
      `Invalid entity type '${name.entity}'. Valid entity types are ${list(Object.keys(vocabulary.entities))}`,
    );
  const open = vocabulary.open[entity];
  if (open) return { entity, key: name.key, word: open };
  const keys = vocabulary.closed[entity] ?? {};
  const word = Object.hasOwn(keys, name.key) ? keys[name.key] : undefined;
  if (!word)
    throw searchError(
      what,
      name.position,
      `Invalid ${entity} key '${name.key.slice(0, 100)}' specified. Valid keys are ${list(Object.keys(keys))}`,
    );
  return { entity, key: word.as ?? name.key, word };
}

/** A filter as typed comparisons, all of which must hold. */
export const typedFilter = (text: string, vocabulary: Vocabulary, what = "filter"): Comparison[] =>
  parseFilter(text, what).map((clause) => typedClause(clause, vocabulary, what));

export function typedClause(clause: Clause, vocabulary: Vocabulary, what: string): Comparison {
  const { entity, key, word } = look(vocabulary, clause.name, what);
  const asNumber = word.orNumber !== undefined && clause.literals[0]?.kind === "number";
  if (!(asNumber ? word.orNumber : word.operators)?.includes(clause.operator))
    throw searchError(
      what,
      clause.operatorPosition,
      `Invalid comparator '${clause.operator}' for ${entity} '${key.slice(0, 100)}' not one of ${list(asNumber ? (word.orNumber ?? []) : word.operators)}`,
    );
  const base = { entity, key, operator: clause.operator, position: clause.name.position };
  if (word.type === "number" || asNumber) {
    const values = clause.literals.map((one) => {
      if (one.kind === "number") return one.value;
      if (word.quoted && /^[0-9]{1,15}$/.test(one.value)) return Number(one.value);
      throw searchError(
        what,
        clause.literalPosition,
        `Expected numeric value type for ${entity} '${key.slice(0, 100)}', found the text '${one.value.slice(0, 100)}'`,
      );
    });
    return { ...base, type: "number", values };
  }
  const values = clause.literals.map((one) => {
    if (one.kind === "text") return one.value;
    throw searchError(
      what,
      clause.literalPosition,
      `Expected a quoted string value for ${entity} '${key.slice(0, 100)}', found the number ${one.value}`,
    );
  });
  return { ...base, type: "text", values };
}

/** Orders, the first counts most. A name may come once. */
export function typedOrders(texts: readonly string[], vocabulary: Vocabulary, what = "order_by"): Order[] {
  const orders = texts.map((text): Order => {
    const { name, descending } = parseOrder(text, what);
    const { entity, key, word } = look(vocabulary, name, what);
    if (vocabulary.unordered?.includes(entity)) throw searchError(what, name.position, `Invalid order_by entity '${entity}'`);
    return { entity, key, type: word.type, descending };
  });
  const seen = new Set<string>();
  for (const { entity, key } of orders) {
    const name = `${entity}.${key}`;
    if (seen.has(name)) throw searchError(what, 1, `\`order_by\` contains duplicate fields: ${name}`);
    seen.add(name);
  }
  return orders;
}
