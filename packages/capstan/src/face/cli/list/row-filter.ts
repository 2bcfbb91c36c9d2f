import { numberOfText } from "../../../base/foundation/number-text.ts";
import { quantityOf, timeOf } from "../../../base/foundation/quantity.ts";

/**
 * The language of the filter box, over rows of plain members:
 * comparisons, `IN`, `BETWEEN`, `IS NULL`, `has:`, bare words, joined by AND, OR, NOT and brackets.
 * A comparison with a missing value never holds, `!=` included.
 */
export type Filter = (row: Row) => boolean;
type Row = Readonly<Record<string, unknown>>;

/** What is wrong with a filter, and at which character. */
export class FilterError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.name = "FilterError";
    this.at = at;
  }
}

type Token = { text: string; kind: "word" | "text" | "key" | "symbol"; at: number };
const pattern = /\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`([^`]*)`|(!=|>=|<=|[=<>~(),])|([^\s'"`=<>~(),!]+))/gy;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, single, double, ticked, symbol, word] = match;
    const at = match.index + whole.search(/\S/);
    end = match.index + whole.length;
    if (single !== undefined) tokens.push({ text: single.replaceAll("''", "'"), kind: "text", at });
    else if (double !== undefined) tokens.push({ text: double.replaceAll('""', '"'), kind: "text", at });
    else if (ticked !== undefined) tokens.push({ text: ticked, kind: "key", at });
    else if (symbol !== undefined) tokens.push({ text: symbol, kind: "symbol", at });
    else tokens.push({ text: word ?? "", kind: "word", at });
  }
  const left = text.slice(end).trim();
  if (left !== "") throw new FilterError(`\`${left.slice(0, 20)}\` cannot be read`, text.indexOf(left, end));
  return tokens;
}

/** Reads a filter; `nowMs` gives `-3d` and `today` their meaning. */
export function readFilter(text: string, nowMs: number): Filter {
  const tokens = tokensOf(text);
  let next = 0;
  const peek = (ahead = 0): Token | undefined => tokens[next + ahead];
  const isWord = (word: string, ahead = 0): boolean => peek(ahead)?.kind === "word" && peek(ahead)?.text.toUpperCase() === word;
  const isSymbol = (symbol: string, ahead = 0): boolean => peek(ahead)?.kind === "symbol" && peek(ahead)?.text === symbol;
  const take = (what: string): Token => {
    const token = tokens[next++];
    if (!token) throw new FilterError(`${what} is missing`, text.length);
    return token;
  };
  const expectSymbol = (symbol: string): void => {
    const token = take(`\`${symbol}\``);
    if (token.kind !== "symbol" || token.text !== symbol)
      throw new FilterError(`\`${symbol}\` is expected, not \`${token.text}\``, token.at);
  };
  const value = (): Value => {
    const token = take("a value");
    if (token.kind === "symbol") throw new FilterError(`a value is expected, not \`${token.text}\``, token.at);
    return valueOf(token, nowMs);
  };

  const or = (): Filter => {
    const parts = [and()];
    while (isWord("OR")) {
      next++;
      parts.push(and());
    }
    return (row) => parts.some((part) => part(row));
  };
  const and = (): Filter => {
    const parts = [not()];
    for (;;) {
      if (isWord("AND")) next++;
      else if (!peek() || isWord("OR") || isSymbol(")")) return (row) => parts.every((part) => part(row));
      parts.push(not());
    }
  };
  const not = (): Filter => {
    if (isWord("NOT")) {
      next++;
      const part = not();
      return (row) => !part(row);
    }
    if (isSymbol("(")) {
      next++;
      const part = or();
      expectSymbol(")");
      return part;
    }
    return comparison();
  };
  const comparison = (): Filter => {
    const token = take("a condition");
    if (token.kind === "symbol") throw new FilterError(`a name is expected, not \`${token.text}\``, token.at);
    const statistic = token.kind === "word" ? /^(?:has:)?metrics\..+@(last|min|max|step)$/.exec(token.text)?.[1] : undefined;
    if (statistic !== undefined && statistic !== "last")
      throw new FilterError(
        `rows hold the last value of a metric: ask the table of runs for @${statistic}`,
        token.at + token.text.lastIndexOf("@"),
      );
    const key = statistic === undefined ? token.text : token.text.slice(0, -"@last".length);
    if (token.kind === "word" && key.startsWith("has:")) return (row) => known(row, key.slice(4));
    const negated = isWord("NOT") && (isWord("IN", 1) || isWord("LIKE", 1) || isWord("ILIKE", 1));
    if (negated) next++;
    const holds = relation(key);
    if (!holds) return (row) => hasWord(row, key);
    return negated ? (row) => known(row, key) && !holds(row) : holds;
  };
  const relation = (key: string): Filter | undefined => {
    const symbol = peek();
    if (symbol?.kind === "symbol" && symbol.text !== "(" && symbol.text !== ")" && symbol.text !== ",") {
      next++;
      const meant = peek();
      if (isWord("ME") && /^(attributes\.)?(by|user|user_id)$/.test(key))
        throw new FilterError("who you are is known to the table of runs: write the name here", meant?.at ?? text.length);
      const wanted = value();
      return (row) => compare(find(row, key), symbol.text, wanted);
    }
    if (isWord("IN")) {
      next++;
      expectSymbol("(");
      const values = [value()];
      while (isSymbol(",")) {
        next++;
        values.push(value());
      }
      expectSymbol(")");
      return (row) => values.some((one) => compare(find(row, key), "=", one));
    }
    if (isWord("BETWEEN")) {
      next++;
      const from = value();
      if (!isWord("AND")) throw new FilterError("BETWEEN takes two values with AND", peek()?.at ?? text.length);
      next++;
      const to = value();
      return (row) => compare(find(row, key), ">=", from) && compare(find(row, key), "<=", to);
    }
    if (isWord("LIKE") || isWord("ILIKE")) {
      const exact = isWord("LIKE");
      next++;
      const like = likeOf(value().text, exact);
      return (row) => known(row, key) && like.test(textOf(find(row, key)));
    }
    if (isWord("IS")) {
      next++;
      const present = isWord("NOT");
      if (present) next++;
      if (!isWord("NULL")) throw new FilterError("IS takes NULL or NOT NULL", peek()?.at ?? text.length);
      next++;
      return (row) => known(row, key) === present;
    }
    return undefined;
  };

  if (tokens.length === 0) return () => true;
  const filter = or();
  const left = peek();
  if (left) throw new FilterError(`\`${left.text}\` is too much here`, left.at);
  return filter;
}

type Value = { text: string; number: number | undefined; timeMs: number | undefined };
function valueOf({ text, kind }: Token, nowMs: number): Value {
  const timed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  const quoted: Value = { text, number: undefined, timeMs: Number.isNaN(timed) ? undefined : timed };
  if (kind !== "word") return quoted;
  const fromMs = timeOf(text, nowMs)?.fromMs;
  return { ...quoted, ...(fromMs !== undefined && { timeMs: fromMs }), number: fromMs === undefined ? quantityOf(text) : undefined };
}

/** `metrics.auc` is the member `auc` of `metrics`, also when a name holds dots itself. */
export function find(row: Row, key: string): unknown {
  const plain = key.replace(/^attributes\./, "");
  if (Object.hasOwn(row, plain)) return row[plain];
  for (let dot = plain.indexOf("."); dot >= 0; dot = plain.indexOf(".", dot + 1)) {
    const inner = row[plain.slice(0, dot)];
    if (typeof inner === "object" && inner !== null) {
      const found = find(inner as Row, plain.slice(dot + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
const known = (row: Row, key: string): boolean => find(row, key) !== undefined && find(row, key) !== null;
const textOf = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

function compare(found: unknown, operator: string, wanted: Value): boolean {
  if (found === undefined || found === null) return false;
  if (operator === "~") return textOf(found).toLowerCase().includes(wanted.text.toLowerCase());
  const left =
    typeof found === "number" ? found : wanted.timeMs !== undefined && typeof found === "string" ? Date.parse(found) : Number(found);
  const right = typeof found === "number" ? wanted.number : (wanted.timeMs ?? wanted.number);
  const numeric = right !== undefined && !Number.isNaN(left) && found !== "" && typeof found !== "boolean";
  if (operator === "=") return numeric ? left === right : textOf(found) === wanted.text;
  if (operator === "!=") return numeric ? left !== right : textOf(found) !== wanted.text;
  // A text that is no number has no place among them.
  const amongNumbers = typeof found === "string" && wanted.number !== undefined && wanted.timeMs === undefined;
  const order = amongNumbers
    ? numberOfText(found) - (wanted.number ?? 0)
    : numeric
      ? left - right
      : typeof found === "number"
        ? Number.NaN
        : textOf(found) < wanted.text
          ? -1
          : textOf(found) > wanted.text
            ? 1
            : 0;
  if (operator === ">") return order > 0;
  if (operator === ">=") return order >= 0;
  return operator === "<" ? order < 0 : order <= 0;
}

/** `%` stands for any text, `_` for one character. */
const likeOf = (text: string, exact: boolean): RegExp =>
  new RegExp(
    `^${[...text].map((c) => (c === "%" ? ".*" : c === "_" ? "." : c.replace(/[\\^$.*+?()[\]{}|]/, "\\$&"))).join("")}$`,
    exact ? "su" : "siu",
  );

/** A bare word is looked for in the row's names and ids: its members of text and those of its tags. */
const hasWord = (row: Row, word: string): boolean =>
  Object.entries(row).some(([key, value]) =>
    typeof value === "string"
      ? value.toLowerCase().includes(word.toLowerCase())
      : key === "tags" && typeof value === "object" && value !== null && hasWord(value as Row, word),
  );
