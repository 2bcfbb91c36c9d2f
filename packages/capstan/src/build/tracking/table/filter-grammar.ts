import { isUnit } from "../../../base/foundation/quantity.ts";
import { type Clause, type Literal, mostClauses, type Name, numeric, reader } from "../search/grammar.ts";
import { type Condition, stepOf } from "../search/vocabulary.ts";

/** A value as it was written; a word that is neither number nor in quotes is what its name makes of it. */
export type Written =
  | Exclude<Literal, { kind: "number" }>
  | { kind: "number"; value: number; /** As it was written. */ text: string }
  | { kind: "word"; value: string };
export type WrittenClause = Omit<Clause, "literals" | "operator"> & { operator: Clause["operator"] | "BETWEEN" | "~"; literals: Written[] };

export type Meaning = { comparison(clause: WrittenClause): Condition; word(text: string): Condition };

const mostDeep = 50;
const reserved = /^(LIKE|ILIKE|RLIKE|IN|NOT|IS|AND|OR|BETWEEN|~)$/i;
/** Of the names with two words only `run name`: else words beside each other are words. */
const notName = /^(?!name$)/i;

/**
 * A filter of our own pages and API: MLflow's comparisons, put together by AND, OR, NOT and parentheses; BETWEEN, `~` (holds), `has:NAME`, words that a
 * name holds, and values without quotes. OR binds least. Between words AND may be left out.
 */
export function parseConditions(text: string, meaning: Meaning, what = "filter"): Condition {
  const read = reader(text, what, notName);
  let clauses = 0;
  let deep = 0;

  function or(): Condition {
    const any = [and()];
    while (read.skipWord("OR")) any.push(and());
    return any.length === 1 ? (any[0] as Condition) : { any };
  }

  function and(): Condition {
    const all: Condition[] = [];
    for (let words = false; ;) {
      const { condition, word } = not();
      all.push(condition);
      if (read.skipWord("AND")) words = false;
      else if (read.done() || read.isMark(")") || isOr()) break;
      else if (!word && !words) read.fail(`Invalid clause(s): expected AND or OR, found ${read.shown()}`);
      else words = word;
    }
    return all.length === 1 ? (all[0] as Condition) : { all };
  }
  const isOr = (): boolean => {
    const token = read.peek();
    return token?.kind === "word" && token.text.toUpperCase() === "OR";
  };

  function not(): { condition: Condition; word: boolean } {
    if (++deep > mostDeep) read.fail(`it is nested more than ${mostDeep} deep`);
    try {
      if (read.skipWord("NOT")) return { condition: { not: not().condition }, word: false };
      if (read.skipMark("(")) {
        const condition = or();
        if (!read.skipMark(")")) read.fail(`Invalid clause(s): expected ), found ${read.shown()}`);
        return { condition, word: false };
      }
      return atom();
    } finally {
      deep--;
    }
  }

  function atom(): { condition: Condition; word: boolean } {
    if (++clauses > mostClauses) read.fail(`it has more than ${mostClauses} comparisons`);
    const place = read.place();
    const first = read.peek();
    if (
      first === undefined ||
      first.kind === "operator" ||
      first.kind === "punctuation" ||
      (first.kind === "word" && reserved.test(first.text))
    )
      return read.fail(`Invalid clause(s): expected a name, found ${read.shown()}`);
    if (first.kind === "word" && /^has:/i.test(first.text)) return { condition: has(), word: false };
    if (first.kind !== "single") {
      const name = withStatistic(read.name(), first.kind === "word" && first.text.endsWith("@step"));
      const operatorPosition = read.here();
      const operator = operatorHere();
      if (operator !== undefined) {
        const literalPosition = read.here();
        const clause = { name, operator, operatorPosition, literalPosition, literals: literalsOf(operator, literalPosition) };
        return { condition: meaning.comparison(clause), word: false };
      }
      if (name.entity !== undefined)
        read.fail(`Invalid clause(s): expected a comparison operator, found ${read.shown()}`, operatorPosition);
    }
    read.back(place);
    return { condition: meaning.word(read.take()?.text ?? ""), word: true };
  }

  /** A name with what stands right behind it: `@max`, `@step(600)`. `isStep`: the name has `@step` at its end already. */
  function withStatistic(bare: Name, isStep: boolean): Name {
    const next = read.peek();
    const statistic = next?.kind === "word" && next.glued && /^@(last|min|max|step)$/.test(next.text) ? read.take()?.text : undefined;
    const key = bare.key + (statistic ?? "");
    if (statistic !== "@step" && !isStep) return { ...bare, key };
    if (!read.skipMark("(")) read.fail(`Invalid clause(s): expected ( and a step behind @step, found ${read.shown()}`);
    const step = read.peek()?.text ?? "";
    if (stepOf(`step(${step})`) === undefined) read.fail(`Invalid clause(s): expected a whole number as the step, found ${read.shown()}`);
    read.take();
    if (!read.skipMark(")")) read.fail(`Invalid clause(s): expected ), found ${read.shown()}`);
    return { ...bare, key: `${key}(${Number(step)})` };
  }

  function has(): Condition {
    const position = read.here() + "has:".length;
    const text = (read.take()?.text ?? "").slice("has:".length);
    const quoted = read.peek();
    const isQuoted = text.endsWith(".") && quoted?.glued && (quoted.kind === "tick" || quoted.kind === "double");
    const bare = isQuoted ? text + (read.take()?.text ?? "") : text;
    const dot = bare.indexOf(".");
    const entity = dot < 0 ? undefined : bare.slice(0, dot);
    const name = withStatistic({ entity, key: bare.slice(dot + 1), position }, !isQuoted && bare.endsWith("@step"));
    return meaning.comparison({ name, operator: "IS NOT NULL", operatorPosition: position, literalPosition: position, literals: [] });
  }

  /** Undefined, and nothing is taken, where none stands. */
  function operatorHere(): WrittenClause["operator"] | undefined {
    const token = read.peek();
    if (token?.kind === "operator") return read.operator();
    if (token?.kind !== "word") return undefined;
    if (token.text === "~") return (read.take(), "~");
    if (/^BETWEEN$/i.test(token.text)) return (read.take(), "BETWEEN");
    if (/^(LIKE|ILIKE|RLIKE|IN|IS)$/i.test(token.text)) return read.operator();
    if (!/^NOT$/i.test(token.text)) return undefined;
    const place = read.place();
    read.take();
    const isIn = /^IN$/i.test(read.peek()?.text ?? "");
    read.back(place);
    return isIn ? read.operator() : undefined;
  }

  function literalsOf(operator: WrittenClause["operator"], position: number): Written[] {
    if (operator === "IS NULL" || operator === "IS NOT NULL") return [];
    if (operator === "BETWEEN") {
      const least = literal();
      if (!read.skipWord("AND")) read.fail(`Invalid clause(s): expected AND, found ${read.shown()}`);
      return [least, literal()];
    }
    if (operator !== "IN" && operator !== "NOT IN") return [literal()];
    if (!read.skipMark("(")) read.fail(`expected a list in parentheses behind ${operator}`, position);
    const literals: Written[] = [];
    do literals.push(literal());
    while (read.skipMark(",") && !read.isMark(")"));
    if (!read.skipMark(")")) read.fail("expected , or )");
    return literals;
  }

  function literal(): Written {
    const token = read.peek();
    if (token?.kind !== "word" || reserved.test(token.text)) {
      const { value } = read.literal();
      return { kind: "text", value: String(value) };
    }
    read.take();
    if (!numeric.test(token.text)) return { kind: "word", value: token.text };
    const unit = read.peek();
    if (unit?.kind === "word" && isUnit(unit.text)) return { kind: "word", value: token.text + (read.take()?.text ?? "") };
    return { kind: "number", value: Number(token.text), text: token.text };
  }

  const condition = or();
  if (!read.done()) read.fail(`Invalid clause(s): unexpected ${read.shown()}`);
  return condition;
}
