import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "./analytics.ts";
import { type TableSource, tableSql } from "./table.ts";

/**
 * Why a text is not one SQL expression, or undefined when it may stand between parentheses: nothing in it can end the parentheses, begin a comment or
 * another statement. What it may reach is limited where it is run (`only`), not here.
 */
export function expressionProblem(sql: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < sql.length; i++) {
    const c = sql[i];
    if (c === "'" || c === '"') {
      const end = closing(sql, i, c);
      if (end === -1) return `a ${c} is not closed`;
      i = end;
    } else if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") {
      if (--depth < 0) return `a ${c} closes nothing`;
    } else if (c === ";") return "a ; ends a statement";
    else if (c === "$") return "a $ begins a quoted text or a parameter";
    else if (c === "?") return "a ? is a parameter";
    else if ((c === "-" && sql[i + 1] === "-") || (c === "/" && sql[i + 1] === "*")) return "it has a comment";
  }
  if (depth > 0) return "a parenthesis is not closed";
  if (sql.trim() === "") return "it is empty";
  return /^\s*(select|with|from|values|insert|update|delete|copy|attach|install|load|set|pragma|create|drop|alter|call|export|import)\b/i.test(
    sql,
  )
    ? "it is a statement"
    : undefined;
}

function closing(sql: string, from: number, quote: string): number {
  for (let i = from + 1; i < sql.length; i++) {
    if (sql[i] !== quote) continue;
    if (sql[i + 1] !== quote) return i;
    i++;
  }
  return -1;
}

/** Asks the engine whether the expression has a value over a row of the table; `refuse` makes the error of who asks. */
export async function checkExpression(
  analytics: Analytics,
  source: TableSource,
  sql: string,
  refuse: (problem: string) => CapstanError,
): Promise<void> {
  const problem = expressionProblem(sql);
  if (problem !== undefined) throw refuse(problem);
  try {
    await analytics.all(`select (${sql}) as value from ${tableSql(source)} limit 0`, [], { only: source.paths });
  } catch (error) {
    if (error instanceof CapstanError && error.code === "CAP-DATA-024") throw refuse(String(error.params["problem"]));
    throw error;
  }
}
