import type { Question } from "./view.ts";

export const formats = ["csv", "parquet", "json"] as const;
export type Format = (typeof formats)[number];

/** Where all that a question finds comes as one file; without columns: all that there are. */
export function downloadPath(question: Question, order: readonly string[], columns: readonly string[] | undefined, format: Format): string {
  const params = new URLSearchParams({ format });
  for (const key of ["experiment", "kind", "filter", "state", "parent"] as const) {
    const value = question[key];
    if (value !== undefined && value !== "") params.set(key, String(value));
  }
  if (question.roots) params.set("roots", "true");
  for (const one of order) params.append("order", one);
  for (const one of columns ?? []) params.append("columns", one);
  return `/api/v1/p/${question.project}/runs-file?${params}`;
}
