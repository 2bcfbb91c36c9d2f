import type { Output } from "../../data/api.ts";

export type Run = Output<"runs.list">["runs"][number];
type Operator = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~";
export type Term = { key: string; operator: Operator; value: string };
export type Filter = { words: string; terms: readonly Term[]; problem: string | null };

const comparison = /^([\w.`"@/ -]+?)\s*(>=|<=|!=|=|>|<|~|LIKE|ILIKE)\s*(.+)$/i;

/** `metrics.auc > 0.7 AND params.kind = "boosted" words`: comparisons joined by AND; what is no comparison is looked for in names. */
export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  const words: string[] = [];
  let problem: string | null = null;
  for (const part of text
    .split(/\s+AND\s+/i)
    .map((one) => one.trim())
    .filter((one) => one !== "")) {
    const found = comparison.exec(part);
    if (!found) {
      const open = /(>=|<=|!=|[=<>~]|\sI?LIKE)$/i.exec(part)?.[1]?.trim();
      if (open !== undefined) {
        problem = `A value is missing after \`${open}\`.`;
        continue;
      }
      words.push(part);
      continue;
    }
    const key = (found[1] ?? "").trim().replace(/[`"]/g, "");
    const operator = /like/i.test(found[2] ?? "") ? "~" : (found[2] as Operator);
    if (/^(metrics|params|tags|attributes)\.\S/.test(key) || ["name", "status", "kind", "step", "seconds", "verdict"].includes(key))
      terms.push({
        key,
        operator,
        value: (found[3] ?? "")
          .trim()
          .replace(/^(['"])(.*)\1$/, "$2")
          .replace(/^%|%$/g, ""),
      });
    else
      problem = `\`${key}\` is not a key. Write metrics.${key}, params.${key}, tags.${key}, name, status, kind, step, seconds or verdict.`;
  }
  return { words: words.join(" "), terms, problem };
}

/** The value of a key such as `metrics.auc` on a run; undefined when the run has none. */
export function valueOf(run: Run, key: string): string | number | undefined {
  const dot = key.indexOf(".");
  const name = key.slice(dot + 1);
  if (dot < 0) return (run as unknown as Record<string, string | number | null>)[key] ?? undefined;
  if (key.startsWith("metrics.")) return run.metrics[name];
  if (key.startsWith("params.")) return run.params[name];
  if (key.startsWith("tags.")) return run.tags[name];
  return (run as unknown as Record<string, string | number | null>)[name] ?? undefined;
}

/** A missing value matches nothing, `!=` included, as in MLflow. */
export function matches(run: Run, terms: readonly Term[]): boolean {
  return terms.every((term) => {
    const actual = valueOf(run, term.key);
    if (actual === undefined) return false;
    const [left, right] = [Number(actual), Number(term.value)];
    const numeric = term.value !== "" && Number.isFinite(left) && Number.isFinite(right);
    const text = String(actual).toLowerCase();
    const wanted = term.value.toLowerCase();
    switch (term.operator) {
      case "=":
        return numeric ? left === right : text === wanted;
      case "!=":
        return numeric ? left !== right : text !== wanted;
      case "~":
        return text.includes(wanted);
      case ">":
        return numeric && left > right;
      case ">=":
        return numeric && left >= right;
      case "<":
        return numeric && left < right;
      case "<=":
        return numeric && left <= right;
    }
  });
}

/** Missing values last, both ways; then the newer run, then the id. */
export function sorted(runs: readonly Run[], sort: string): Run[] {
  const down = sort.startsWith("-");
  const key = sort.replace(/^-/, "");
  return runs.toSorted((a, b) => {
    const [left, right] = [comparable(valueOf(a, key)), comparable(valueOf(b, key))];
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1;
    } else if (left !== right) return (left < right ? -1 : 1) * (down ? -1 : 1);
    return a.started < b.started ? 1 : a.started > b.started ? -1 : a.id < b.id ? -1 : 1;
  });
}
const comparable = (value: string | number | undefined): string | number | undefined =>
  value === undefined || value === "NaN" ? undefined : value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
