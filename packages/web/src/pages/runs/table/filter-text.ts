/** A piece of a filter as it is coloured. */
export type Piece = { text: string; from: number; kind: "key" | "operator" | "word" | "text" | "number" | "and" | "space" };

const word = /^[^\s'"`(),=<>!]+/;
const operators = ["=", "!=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];

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
      if (upper === "AND") take(plain.length, "and");
      else if (["LIKE", "ILIKE", "IN", "NOT", "IS", "NULL"].includes(upper)) take(plain.length, "operator");
      else if (/^[-+]?(\d|\.\d)/.test(plain)) take(plain.length, "number");
      else if (/^(metrics?|params?|parameters?|tags?|attributes?|datasets?)\./i.test(plain)) take(plain.length, "key");
      else take(plain.length, "word");
    } else take(1, "word");
  }
  return pieces;
}

export type Context =
  | { wants: "key"; typed: string; from: number }
  | { wants: "operator"; typed: string; from: number; key: string }
  | { wants: "value"; typed: string; from: number; key: string }
  | { wants: "and"; typed: string; from: number };

/** What belongs at the caret: a name, an operator, a value or AND; `from` is where the typed part of it begins. */
export function contextAt(text: string, caret: number): Context {
  const before = text.slice(0, caret);
  const clause = before.slice(before.search(/(?:^|\bAND\s)(?:(?!\bAND\s)[^])*$/i)).replace(/^AND\s/i, "");
  const start = caret - clause.length;
  const key = /^\s*((?:\w+\.)?(?:`[^`]*`|"[^"]*"|[^\s'"`(),=<>!]+))(\s*)/.exec(clause);
  if (!key || (key[2] === "" && key[0].length === clause.length)) {
    const typed = clause.trimStart();
    return { wants: "key", typed, from: caret - typed.length };
  }
  const name = (key[1] ?? "").replace(/[`"]/g, "");
  const rest = clause.slice(key[0].length);
  const sign = /^(>=|<=|!=|<>|=|<|>|I?LIKE\b|(?:NOT\s+)?IN\b|IS\s+(?:NOT\s+)?NULL\b)/i.exec(rest);
  if (!sign || (sign[0].length === rest.length && /^([<>!]|I?LIKE|IN)$/i.test(rest)))
    return { wants: "operator", typed: rest, from: start + key[0].length, key: name };
  const after = rest.slice(sign[0].length);
  const value = after.trimStart();
  const done = /^IS/i.test(sign[0]) ? /^\s/.test(after) : /^(?:'[^']*'|"[^"]*"|\([^)]*\)|[^\s'"(]+)\s+/.exec(value) !== null;
  if (done) {
    const typed = /(\S*)$/.exec(after)?.[1] ?? "";
    return { wants: "and", typed, from: caret - typed.length };
  }
  if (/^IS/i.test(sign[0])) return { wants: "operator", typed: rest, from: start + key[0].length, key: name };
  return { wants: "value", typed: value.replace(/^['"]/, ""), from: caret - value.length, key: name };
}

const numeric = new Set(["started", "ended", "seconds", "start_time", "end_time", "experiment", "created"]);
const isNumber = (key: string): boolean => /^metrics?\./.test(key) || numeric.has(key);
export const operatorsFor = (key: string): readonly string[] =>
  isNumber(key)
    ? operators.slice(0, 6)
    : ["=", "!=", "LIKE", "ILIKE", ...(/^(params?|tags?)\./.test(key) ? ["IS NULL", "IS NOT NULL"] : ["IN", "NOT IN"])];

/** A name as a filter takes it: in backticks where it holds more than a word. */
export function keyText(key: string): string {
  const dot = key.indexOf(".");
  if (dot < 0) return key;
  const name = key.slice(dot + 1).replace(/@(last|min|max)$/, "");
  return /^[\w./@-]+$/.test(name) ? `${key.slice(0, dot)}.${name}` : `${key.slice(0, dot)}.\`${name}\``;
}
export const valueText = (key: string, value: string): string => (isNumber(key) ? value : `'${value.replaceAll("'", "''")}'`);

/** A filter narrowed by one comparison; words become a comparison of the name first. */
export function withClause(filter: string, clause: string): string {
  const text = filter.trim();
  if (text === "") return clause;
  if (/[=<>!]|\b(I?LIKE|IN|IS)\b/i.test(text)) return `${text} AND ${clause}`;
  return [...text.split(/\s+/).map((one) => `name ILIKE '%${one.replaceAll("'", "''")}%'`), clause].join(" AND ");
}

/** Where the server says that a mistake is, from 0; undefined when it names no place. */
export const placeOfMistake = (message: string): number | undefined => {
  const found = /at character (\d+)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found) - 1;
};

/** Why a filter cannot be asked yet, and where; what only the server can tell is none of this. */
export function unfinished(text: string): { problem: string; at: number } | undefined {
  if (!/[=<>!]|\b(I?LIKE|IN|IS)\b/i.test(text)) {
    // A name of a metric alone is no word to look for.
    const key = /^\s*(?:metrics?|params?|tags?|attributes?)\.\S*/i.exec(text)?.[0].trim();
    return key === undefined ? undefined : { problem: `An operator is missing after ${key}.`, at: 0 };
  }
  const end = text.trimEnd().length;
  const quote = piecesOf(text).find((one) => one.kind === "text" && !/^(['"])[^]*\1$/.test(one.text.length > 1 ? one.text : "x"));
  if (quote) return { problem: `The quote ${quote.text.slice(0, 1)} is not closed.`, at: quote.from };
  if (/\bAND$/i.test(text.trimEnd())) return { problem: "A comparison is missing after AND.", at: end };
  const context = contextAt(`${text.trimEnd()} `, end + 1);
  if (context.wants === "operator" && !/^IS\b/i.test(context.typed))
    return { problem: `An operator is missing after ${context.key}.`, at: context.from };
  if (context.wants === "value" && context.typed.trim() === "") return { problem: "A value is missing.", at: end };
  return undefined;
}
