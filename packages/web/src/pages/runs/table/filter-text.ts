/** A piece of a filter as it is coloured. */
export type Piece = { text: string; from: number; kind: "key" | "operator" | "word" | "text" | "number" | "and" | "space" };

/** The step of a metric belongs to its name. */
const word = /^[^\s'"`(),=<>!]+(?:(?<=@step)\(-?\d*\)?)?/;
const orderOperators = [">", ">=", "<", "<=", "BETWEEN"];
const numberOperators = ["=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IS NULL", "IS NOT NULL"];
const eitherOperators = ["=", "!=", ...orderOperators, "~", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];
const textOperators = ["=", "!=", "~", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];
/** Anything but words side by side. */
const isMore = /[=<>!~()]|\b(I?LIKE|RLIKE|IN|IS|BETWEEN|OR|AND|NOT)\b|\bhas:/i;

/** Cuts a filter into coloured pieces; whatever is typed, all of it comes back. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const take = (length: number, kind: Piece["kind"]): void => {
    pieces.push({ text: text.slice(at, at + length), from: at, kind });
    at += length;
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest)?.[0];
    const sign = /^(>=|<=|!=|<>|[=<>(),])/.exec(rest)?.[0];
    const quoted = /^(['"`])(?:(?!\1)[^]|\1\1)*\1?/.exec(rest)?.[0];
    const plain = word.exec(rest)?.[0];
    if (space) take(space.length, "space");
    else if (sign) take(sign.length, "operator");
    else if (quoted) {
      const before = pieces.at(-1);
      take(quoted.length, before?.kind === "key" && before.text.endsWith(".") ? "key" : rest.startsWith("`") ? "key" : "text");
    } else if (plain) {
      const upper = plain.toUpperCase();
      const before = pieces.findLast((one) => one.kind !== "space");
      if (before?.kind === "key" && before === pieces.at(-1) && plain.startsWith("@")) take(plain.length, "key");
      else if (["AND", "OR", "NOT"].includes(upper)) take(plain.length, "and");
      else if (["LIKE", "ILIKE", "RLIKE", "IN", "IS", "NULL", "BETWEEN", "~"].includes(upper)) take(plain.length, "operator");
      else if (/^[-+]?(\d|\.\d)|^(today|yesterday|now)$/.test(plain) || (plain === "me" && before?.kind === "operator"))
        take(plain.length, "number");
      else if (/^(has:)?(metrics?|params?|parameters?|tags?|attributes?|datasets?)\./i.test(plain)) take(plain.length, "key");
      else take(plain.length, "word");
    } else take(1, "word");
  }
  return pieces;
}

export type Context =
  | { wants: "key"; typed: string; from: number }
  | { wants: "operator"; typed: string; from: number; key: string }
  | { wants: "value"; typed: string; from: number; key: string; operator: string }
  | { wants: "and"; typed: string; from: number; /** Of BETWEEN. */ only?: "AND" };

/** Where the comparison at the end of a text begins: behind the last AND, OR, NOT or parenthesis that is none of BETWEEN, NOT IN or a list. */
function clauseStart(before: string): number {
  let start = 0;
  /** Pieces of the comparison so far. */
  let taken = 0;
  let [between, list] = [false, false];
  for (const piece of piecesOf(before)) {
    if (piece.kind === "space") continue;
    const end = piece.from + piece.text.length;
    const upper = piece.text.toUpperCase();
    const inside = (upper === "AND" && between) || (upper === "NOT" && taken === 1) || (upper === "(" && list);
    // A word is what it is only once something stands behind it.
    const begins = !inside && (upper === "(" || (piece.kind === "and" && end < before.length));
    if (begins) [start, taken, between] = [end, 0, false];
    else taken++;
    if (upper === "BETWEEN") between = true;
    else if (upper === "AND") between = false;
    if (upper === "IN" && piece.kind === "operator") list = true;
    else if (upper === ")") list = false;
  }
  return start;
}

/** What belongs at the caret: a name, an operator, a value or AND; `from` is where the typed part of it begins. */
export function contextAt(text: string, caret: number): Context {
  const before = text.slice(0, caret);
  const start = clauseStart(before);
  const clause = before.slice(start);
  const key = /^\s*((?:[\w:]+\.)?(?:`[^`]*`|"[^"]*"|[^\s'"`(),=<>!]+)(?:@[a-z]*)?(?:(?<=@step)\(-?\d*\)?)?)(\s*)/.exec(clause);
  if (!key || (key[2] === "" && key[0].length === clause.length)) {
    const typed = clause.trimStart();
    return { wants: "key", typed, from: caret - typed.length };
  }
  if (/^has:/i.test(key[1] ?? "")) {
    const typed = clause.slice(key[0].length);
    return { wants: "and", typed, from: caret - typed.length };
  }
  const name = (key[1] ?? "").replace(/[`"]/g, "");
  const rest = clause.slice(key[0].length);
  const sign = /^(>=|<=|!=|<>|=|<|>|~|I?LIKE\b|RLIKE\b|BETWEEN\b|(?:NOT\s+)?IN\b|IS\s+(?:NOT\s+)?NULL\b)/i.exec(rest);
  if (!sign || (sign[0].length === rest.length && /^([<>!]|[IR]?LIKE|IN|BETWEEN)$/i.test(rest)))
    return { wants: "operator", typed: rest, from: start + key[0].length, key: name };
  const operator = sign[0].toUpperCase();
  const after = rest.slice(sign[0].length);
  const value = after.trimStart();
  const one = /^(?:'[^']*'|"[^"]*"|\([^)]*\)|[^\s'"()]+)\)*/;
  const first = one.exec(value)?.[0];
  if (first !== undefined && /^BETWEEN/i.test(sign[0])) {
    // Its own AND and the second value belong to it.
    const second = /^\s+AND\s+/i.exec(value.slice(first.length));
    if (second) {
      const last = value.slice(first.length + second[0].length);
      if (!/^\S+\s/.test(last)) return { wants: "value", typed: last.replace(/^['"]/, ""), from: caret - last.length, key: name, operator };
    } else if (/^\s/.test(value.slice(first.length))) {
      const typed = value.slice(first.length).trimStart();
      return { wants: "and", typed, from: caret - typed.length, only: "AND" };
    }
  }
  const done = /^IS/i.test(sign[0])
    ? /^[\s)]/.test(after)
    : first !== undefined && (/^\s/.test(value.slice(first.length)) || first.endsWith(")"));
  if (done) {
    const typed = /([^\s)]*)$/.exec(after)?.[1] ?? "";
    return { wants: "and", typed, from: caret - typed.length };
  }
  if (/^IS/i.test(sign[0])) return { wants: "operator", typed: rest, from: start + key[0].length, key: name };
  return { wants: "value", typed: value.replace(/^['"]/, ""), from: caret - value.length, key: name, operator };
}

const numeric = new Set(["started", "ended", "seconds", "start_time", "end_time", "experiment", "created"]);
const isNumber = (key: string): boolean => /^metrics?\./.test(key) || numeric.has(key);
export const operatorsFor = (key: string): readonly string[] =>
  isNumber(key) ? numberOperators : /^(params?|parameters?|tags?)\./.test(key) ? eitherOperators : textOperators;

/** Of a metric whose name is there and what of it only begun: all that may be said. `open`: more belongs right behind it. */
export function statisticsAt(typed: string): { text: string; note: string; open?: true }[] {
  const [, name, begun = ""] = /^((?:has:)?metrics?\.(?:`[^`]+`|[^`@]+))@([a-z]*)$/.exec(typed) ?? [];
  if (name === undefined) return [];
  return [
    { text: `${name}@max`, note: "the greatest value" },
    { text: `${name}@min`, note: "the least value" },
    { text: `${name}@last`, note: "the last value" },
    { text: `${name}@step(`, note: "the value at a step, such as @step(600)", open: true as const },
  ].filter((one) => one.text.slice(name.length + 1).startsWith(begun));
}

/** A name as a filter takes it: in backticks where it holds more than a word. */
export function keyText(key: string): string {
  const dot = key.indexOf(".");
  if (dot < 0) return key;
  const [, name = "", statistic = ""] = /^(.*?)(@min|@max|@step\(-?\d+\))?$/s.exec(key.slice(dot + 1).replace(/@last$/, "")) ?? [];
  return `${key.slice(0, dot)}.${/^[\w./@-]+$/.test(name) ? name : `\`${name}\``}${statistic}`;
}
export const valueText = (key: string, value: string): string => (isNumber(key) ? value : `'${value.replaceAll("'", "''")}'`);
/** A value behind an operator; undefined where that takes numbers only and this is none. */
export const valueBehind = (key: string, operator: string, value: string): string | undefined =>
  isNumber(key) || !orderOperators.includes(operator)
    ? valueText(key, value)
    : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)
      ? value
      : undefined;

/** A filter narrowed by one comparison; words become a comparison of the name first. */
export function withClause(filter: string, clause: string): string {
  const text = filter.trim();
  if (text === "") return clause;
  if (isMore.test(text)) return piecesOf(text).some((one) => /^OR$/i.test(one.text)) ? `(${text}) AND ${clause}` : `${text} AND ${clause}`;
  return [...text.split(/\s+/).map((one) => `name ILIKE '%${one.replaceAll("'", "''")}%'`), clause].join(" AND ");
}

/** Where the server says that a mistake is, from 0; undefined when it names no place. */
export const placeOfMistake = (message: string): number | undefined => {
  const found = /at character (\d+)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found) - 1;
};

/** Where a parenthesis stands that nothing closes. */
function unclosed(text: string): number | undefined {
  const open: number[] = [];
  for (const one of piecesOf(text))
    if (one.text === "(") open.push(one.from);
    else if (one.text === ")") open.pop();
  return open.at(-1);
}

/** Why a filter cannot be asked yet, and where; what only the server can tell is none of this. */
export function unfinished(text: string): { problem: string; at: number } | undefined {
  if (!isMore.test(text)) {
    // A name of a metric alone is no word to look for.
    const key = /^\s*(?:metrics?|params?|tags?|attributes?)\.\S*/i.exec(text)?.[0].trim();
    return key === undefined ? undefined : { problem: `An operator is missing after ${key}.`, at: 0 };
  }
  const end = text.trimEnd().length;
  const quote = piecesOf(text).find((one) => one.kind === "text" && !/^(['"])[^]*\1$/.test(one.text.length > 1 ? one.text : "x"));
  if (quote) return { problem: `The quote ${quote.text.slice(0, 1)} is not closed.`, at: quote.from };
  if (/@step(\(-?\d*)?$/.test(text.trimEnd())) return { problem: "A step in parentheses is missing, such as @step(600).", at: end };
  const last = /(?:^|[\s)])(AND|OR|NOT)$/i.exec(text.trimEnd())?.[1]?.toUpperCase();
  if (last !== undefined) return { problem: `A comparison is missing after ${last}.`, at: end };
  const open = unclosed(text);
  if (open !== undefined) return { problem: "A parenthesis is not closed.", at: open };
  const context = contextAt(`${text.trimEnd()} `, end + 1);
  // A word alone is looked for in names.
  if (context.wants === "operator" && !/^IS\b/i.test(context.typed) && /^\w+\./.test(context.key) && !/^has:/i.test(context.key))
    return { problem: `An operator is missing after ${context.key}.`, at: context.from };
  if (context.wants === "value" && context.typed.trim() === "") return { problem: "A value is missing.", at: end };
  return undefined;
}
