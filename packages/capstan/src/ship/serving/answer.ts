import { CapstanError } from "../../base/foundation/errors.ts";
import { asNumbers, isTyped, toValues } from "../../build/inference/batch.ts";
import type { Batch, Column, Signature, Values } from "../../build/inference/model.ts";
import { type PlainColumns, rowsOf } from "./batcher.ts";
import type { ServedArm, ServedRoute } from "./served-route.ts";

/** What one arm made of rows. `failed` names every arm that did not answer them before. */
export type Answer = {
  readonly arm: ServedArm;
  /** In the order of the arm's signature. */
  readonly outputs: Readonly<Record<string, Values>>;
  readonly fallback: boolean;
  readonly constant: boolean;
};
export type ArmFailure = { readonly arm: ServedArm; readonly invalid: boolean; readonly error: unknown };
export type Answered = (answer: Answer | undefined, failures: readonly ArmFailure[]) => void;

/** An arm that has not answered after so long is passed over. */
const timeoutMs = 1000;

/** Asks the arm, then each fallback of the route in turn; calls back once. */
export function answerRows(served: ServedRoute, first: ServedArm, columns: PlainColumns, rows: number, answered: Answered): void {
  const chain = fallbackArms(served, first);
  const failures: ArmFailure[] = [];
  const ask = (at: number): void => {
    const arm = chain[at];
    if (!arm) {
      const constant = constantOf(served);
      answered(
        constant === undefined || !served.signature
          ? undefined
          : { arm: first, outputs: constantOutputs(served.signature, constant, rows), fallback: true, constant: true },
        failures,
      );
      return;
    }
    let given = false;
    // Only a thread of its own can be too late; on the caller's thread nothing else runs meanwhile.
    const timer = arm.loaded.runtime.warmUp.placement === "worker" ? setTimeout(() => late(), timeoutMs) : undefined;
    const late = (): void => {
      given = true;
      failures.push({ arm, invalid: false, error: new CapstanError("CAP-MODEL-004", { problem: `no answer after ${timeoutMs} ms` }) });
      ask(at + 1);
    };
    arm.loaded.batcher.submit(columns, rows, (error, batch, start) => {
      if (given) return;
      clearTimeout(timer);
      const outputs = batch && outputsOf(arm, batch, start, rows);
      const invalid = outputs !== undefined && !outputsFit(arm, outputs);
      if (outputs && !invalid) {
        answered({ arm, outputs, fallback: at > 0, constant: false }, failures);
        return;
      }
      failures.push({ arm, invalid, error });
      ask(at + 1);
    });
  };
  ask(0);
}

const constantOf = (served: ServedRoute): number | undefined => {
  for (const one of served.settings.fallback) if (typeof one === "object") return one.constant;
  return undefined;
};

/** The canary falls back to the live arm, the live arm to the version before. */
function fallbackArms(served: ServedRoute, first: ServedArm): ServedArm[] {
  const chain = [first];
  if (first.spec.arm !== "live" && served.live) chain.push(served.live);
  if (served.back && served.settings.fallback.includes("previous")) chain.push(served.back);
  // The same bytes would fail on the same rows again.
  return chain.filter((arm, i) => chain.findIndex((one) => one.spec.digest === arm.spec.digest) === i);
}

function outputsOf(arm: ServedArm, batch: Batch, start: number, rows: number): Record<string, Values> {
  const outputs: Record<string, Values> = {};
  for (const column of arm.loaded.runtime.signature.outputs) {
    const values = batch.columns[column.name];
    if (values) outputs[column.name] = rowsOf(values, start, rows);
  }
  return outputs;
}

/** NaN, an infinity, or a value outside of its declared range is a failure of the arm, not an answer. */
export function outputsFit(arm: ServedArm, outputs: Readonly<Record<string, Values>>): boolean {
  for (const column of arm.loaded.runtime.signature.outputs) {
    const values = outputs[column.name];
    if (!values) return false;
    if (!(values instanceof Float32Array || values instanceof Float64Array || values instanceof Int32Array)) continue;
    const [low, high] = arm.spec.ranges[column.name] ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
    for (let i = 0; i < values.length; i++) if (!(values[i]! >= low && values[i]! <= high)) return false;
  }
  return true;
}

const constantOutputs = (signature: Signature, constant: number, rows: number): Record<string, Values> =>
  Object.fromEntries(
    signature.outputs.map((column, i) => [
      column.name,
      toValues(column.datatype, new Array<unknown>(rows).fill(column.datatype === "BYTES" ? "" : i === 0 ? constant : 0)),
    ]),
  );

/** The first output as numbers: the score that releases compare. */
export function scoresOf(signature: Signature, outputs: Readonly<Record<string, Values>>): Values | null {
  const first = signature.outputs[0];
  const values = first && outputs[first.name];
  if (!values || !isTyped(values)) return null;
  return values instanceof BigInt64Array ? (asNumbers(values) ?? null) : values;
}

/** Outputs of parts put back into the order of the request's rows. */
export function gather(
  columns: readonly Column[],
  rows: number,
  parts: readonly { rows: readonly number[] | null; outputs: Readonly<Record<string, Values>> }[],
): Record<string, ArrayLike<unknown>> {
  const [only] = parts;
  if (parts.length === 1 && only?.rows === null) return only.outputs;
  const all: Record<string, unknown[]> = {};
  for (const column of columns) {
    const values = new Array<unknown>(rows);
    for (const part of parts) part.rows?.forEach((row, i) => (values[row] = part.outputs[column.name]?.[i]));
    all[column.name] = values;
  }
  return all;
}

/** A column as JSON of the protocol: INT64 as plain digits, BOOL as true and false. */
export function jsonOf(column: Column, values: ArrayLike<unknown>): string {
  if (column.datatype === "BYTES") return JSON.stringify(Array.from(values));
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    text += (i === 0 ? "" : ",") + (column.datatype === "BOOL" ? (value ? "true" : "false") : String(value));
  }
  return `${text}]`;
}
