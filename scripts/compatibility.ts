import { readFileSync } from "node:fs";
import { root } from "./tasks.ts";

/** What one check of `tests/interop/clients` came to; `lacks` says why it was not tried. */
export type CheckOutcome = { area: string; check: string; passed?: boolean; lacks?: string; problem?: string; seconds?: number };
export type ClientOutcome = { client: string; version: string; with: Record<string, string>; outcomes: CheckOutcome[] };
/** What the harness of MLflow's own suites counted. */
export type SuiteOutcome = {
  commit: string;
  applicable: number;
  total: { passed: number; failed: number; errors: number; skipped_by_list: number };
  areas: Record<string, string>;
  failing: string[];
};
export type Compatibility = { day: string; clients: ClientOutcome[]; suites: SuiteOutcome | null };

/** Results of real runs, written by `scripts/measure-compatibility.ts`. */
export const resultPath = `${root}tests/interop/compatibility.json`;
export const readCompatibility = (): Compatibility => JSON.parse(readFileSync(resultPath, "utf8")) as Compatibility;

export type Scope = { comment: string; tests: { id: string; class: string; reason: string }[] };
export const readScope = (): Scope => JSON.parse(readFileSync(`${root}tests/conformance/mlflow-scope.json`, "utf8")) as Scope;
