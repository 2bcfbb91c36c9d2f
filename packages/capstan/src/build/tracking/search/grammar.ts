import { CapstanError } from "../../../base/foundation/errors.ts";

/**
 * The search language, as text only: comparisons joined by AND, each `entity.key operator literal`. What entities, keys and operators there are
 * is the vocabulary's matter. Positions are characters from 1.
 */
export type Operator = ">" | ">=" | "=" | "!=" | "<" | "<=" | "LIKE" | "ILIKE" | "RLIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";
export type Literal = { kind: "text"; value: string } | { kind: "number"; value: number };
/** `entity` is undefined for a bare key. */
export type Name = { entity: string | undefined; key: string; position: number };
export type Clause = { name: Name; operator: Operator; operatorPosition: number; literals: Literal[]; literalPosition: number };
export type OrderClause = { name: Name; descending: boolean };

type Token =
  | { kind: "word"; text: string; position: number; glued: boolean }
  | { kind: "single" | "double" | "tick"; text: string; position: number; glued: boolean }
  | { kind: "operator" | "punctuation"; text: string; position: number; glued: boolean };

export const mostClauses = 200;
const quotes = { "'": "single", '"': "double", "`": "tick" } as const;
const operators = [">=", "<=", "!=", "<>", "=", "<", ">"];
export const numeric = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i;
const isQuoted = (token: Token | undefined): boolean => token?.kind === "single" || token?.kind === "double" || token?.kind === "tick";
const isWord = (token: Token | undefined, word: string): boolean => token?.kind === "word" && token.text.toUpperCase() === word;

export const searchError = (what: string, position: number, problem: string): CapstanError =>
  new CapstanError("CAP-TRACK-002", { what, problem: `${problem}, at character ${position}` });

/** A doubled quote stands for itself. `glued`: nothing stands between it and the token before. */
function tokensOf(text: string, what: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let end = 0;
  while (at < text.length) {
    const from = at;
    const char = text[at] ?? "";
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    const place = { position: from + 1, glued: end === from && from > 0 };
    if (char === "'" || char === '"' || char === "`") {
      let value = "";
      for (at++; ; at++) {
        if (at >= text.length) throw searchError(what, from + 1, `Invalid clause(s): the quote ${char} is not closed`);
        if (text[at] !== char) value += text[at];
        else if (text[at + 1] === char) value += text[at++];
        else break;
      }
      at++;
      tokens.push({ kind: quotes[char], text: value, ...place });
    } else if (char === "(" || char === ")" || char === ",") {
      at++;
      tokens.push({ kind: "punctuation", text: char, ...place });
    } else {
      const operator = operators.find((one) => text.startsWith(one, at));
      if (operator) {
        at += operator.length;
        tokens.push({ kind: "operator", text: operator === "<>" ? "!=" : operator, ...place });
      } else {
        while (at < text.length && !/[\s'"`(),=<>!]/.test(text[at] ?? "")) at++;
        if (at === from) throw searchError(what, from + 1, `Invalid clause(s): unexpected '${char}'`);
        tokens.push({ kind: "word", text: text.slice(from, at), ...place });
      }
    }
    end = at;
  }
  return tokens;
}

const wordsBehindName = /^(LIKE|ILIKE|RLIKE|IN|NOT|IS|ASC|DESC|AND)$/i;

/** Takes a text token by token. `behindName`: words that are never the second word of a name. */
export function reader(text: string, what: string, behindName = wordsBehindName) {
  const tokens = tokensOf(text, what);
  let at = 0;
  const here = (): number => tokens[at]?.position ?? text.length + 1;
  const shown = (): string => (tokens[at] ? `'${tokens[at]?.text.slice(0, 100)}'` : "the end");
  const fail = (problem: string, position = here()): never => {
    throw searchError(what, position, problem);
  };
  return {
    take: (): Token | undefined => tokens[at++],
    done: (): boolean => at >= tokens.length,
    here,
    shown,
    fail,
    /** Where it stands, to come back to. */
    place: (): number => at,
    back: (place: number): void => void (at = place),
    peek: (): Token | undefined => tokens[at],
    isMark: (mark: string): boolean => tokens[at]?.kind === "punctuation" && tokens[at]?.text === mark,
    skipMark: (mark: string): boolean => tokens[at]?.kind === "punctuation" && tokens[at]?.text === mark && ++at > 0,
    skipWord: (word: string): boolean => isWord(tokens[at], word) && ++at > 0,

    /** `key`, `entity.key`, with the key, what stands behind its last point, or all of it in backticks or double quotes; a bare key may have two words (`run name`). */
    name(): Name {
      const position = here();
      const first = tokens[at];
      if (!first || (first.kind !== "word" && first.kind !== "tick" && first.kind !== "double"))
        return fail(`Invalid clause(s): expected a name, found ${shown()}`);
      at++;
      if (first.kind !== "word") {
        const rest = tokens[at];
        if (rest?.kind === "word" && rest.glued && rest.text.startsWith(".") && rest.text.length > 1) {
          at++;
          return { entity: first.text, key: rest.text.slice(1), position };
        }
        return { entity: undefined, key: first.text, position };
      }
      const dot = first.text.indexOf(".");
      if (dot < 0) {
        const second = tokens[at];
        if (second?.kind !== "word" || behindName.test(second.text)) return { entity: undefined, key: first.text, position };
        at++;
        return { entity: undefined, key: `${first.text} ${second.text}`, position };
      }
      const entity = first.text.slice(0, dot);
      let key = first.text.slice(dot + 1);
      if (key === "") {
        const quoted = tokens[at];
        if (!quoted || !quoted.glued || !isQuoted(quoted))
          return fail(`Invalid clause(s): expected a key behind '${entity}.', found ${shown()}`);
        key = quoted.text;
        at++;
      } else if (key.endsWith(".") && tokens[at]?.glued && (tokens[at]?.kind === "tick" || tokens[at]?.kind === "double")) {
        key += tokens[at++]?.text;
      } else if (tokens[at]?.glued && isQuoted(tokens[at])) return fail(`Invalid clause(s): unexpected ${shown()}`);
      return { entity, key, position };
    },

    operator(): Operator {
      const token = tokens[at++];
      if (token?.kind === "operator") return token.text as Operator;
      const word = token?.kind === "word" ? token.text.toUpperCase() : "";
      if (word === "LIKE" || word === "ILIKE" || word === "RLIKE" || word === "IN") return word;
      if (word === "NOT" && isWord(tokens[at], "IN")) return (at++, "NOT IN");
      if (word === "IS" && isWord(tokens[at], "NULL")) return (at++, "IS NULL");
      if (word === "IS" && isWord(tokens[at], "NOT") && isWord(tokens[at + 1], "NULL")) return ((at += 2), "IS NOT NULL");
      at--;
      return fail(`Invalid clause(s): expected a comparison operator, found ${shown()}`);
    },

    literal(): Literal {
      const token = tokens[at];
      if (token?.kind === "single" || token?.kind === "double") {
        at++;
        return { kind: "text", value: token.text };
      }
      if (token?.kind === "word" && numeric.test(token.text)) {
        at++;
        return { kind: "number", value: Number(token.text) };
      }
      return fail(`Expected a quoted string value or a number, found ${shown()}`);
    },
  };
}

export function parseFilter(text: string, what = "filter"): Clause[] {
  const read = reader(text, what);
  const clauses: Clause[] = [];
  while (!read.done()) {
    if (clauses.length > 0 && !read.skipWord("AND")) read.fail(`Invalid clause(s): expected AND, found ${read.shown()}`);
    // MLflow takes a filter that was put together with one AND too many at its end.
    if (clauses.length > 0 && read.done()) break;
    if (clauses.length >= mostClauses) read.fail(`it has more than ${mostClauses} comparisons`);
    const name = read.name();
    const operatorPosition = read.here();
    const operator = read.operator();
    const literalPosition = read.here();
    const literals: Literal[] = [];
    if (operator === "IN" || operator === "NOT IN") {
      if (read.take()?.text !== "(") read.fail(`expected a list in parentheses behind ${operator}`, literalPosition);
      // A comma behind the last is what a Python tuple of one value is written with.
      do literals.push(read.literal());
      while (read.skipMark(",") && !read.isMark(")"));
      const close = read.here();
      if (read.take()?.text !== ")") read.fail("expected , or )", close);
    } else if (operator !== "IS NULL" && operator !== "IS NOT NULL") literals.push(read.literal());
    clauses.push({ name, operator, operatorPosition, literals, literalPosition });
  }
  return clauses;
}

/** One item of `order_by`: a name, and ASC (when nothing is said) or DESC. */
export function parseOrder(text: string, what = "order_by"): OrderClause {
  const read = reader(text, what);
  const name = read.name();
  const descending = read.skipWord("DESC");
  if (!descending) read.skipWord("ASC");
  if (!read.done()) read.fail(`Invalid order_by clause '${text.slice(0, 200)}': expected ASC or DESC, found ${read.shown()}`);
  return { name, descending };
}
