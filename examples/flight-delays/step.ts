// What Capstan tells a step: where its inputs and outputs are, and the values of its parameters.
import { readFileSync } from "node:fs";

export interface Params {
  seed: number;
  window: { from: string; until: string; test_days: number };
  rows: { train: number; test: number; reference_share: number };
  train: TrainParams;
}

export interface TrainParams {
  kind: "boosted" | "logistic";
  trees: number;
  depth: number;
  rate: number;
  bins: number;
  leaf_rows: number;
  row_share: number;
  smoothing: number;
}

export const input = (name: string): string => need(`CAPSTAN_IN_${name.toUpperCase()}`);
export const output = (name: string): string => need(`CAPSTAN_OUT_${name.toUpperCase()}`);

/** Only the groups that the step declares in capstan.yaml are there. */
export const params = (): Params => JSON.parse(readFileSync(need("CAPSTAN_PARAMS"), "utf8")) as Params;

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start this script with "capstan run"`);
  return value;
}
