// Logistic regression on tables of log odds (hour, weekday, airports) and clipped numbers, by Newton's method.
import { encode, fitEncoder, sigmoid, type Encoder } from "./encoder.ts";
import type { NumberName, Rows } from "./rows.ts";
import type { TrainParams } from "./step.ts";

/** Numbers outside these bounds count as the bound, so that one wild value cannot decide alone. Miles, minutes. */
export const BOUNDS = {
  distance: [0, 3000],
  origin_delay_3h: [-20, 40],
  destination_delay_3h: [-20, 40],
  system_delay_3h: [-20, 40],
} as const satisfies Partial<Record<NumberName, readonly [number, number]>>;

/** Before six only the night's stragglers have landed, so delays say little of the day to come: they count fully from nine on. */
export const trust = (minute: number): number => Math.min(Math.max(minute / 180 - 2, 0), 1);

export type BoundedName = keyof typeof BOUNDS;

export interface Logistic {
  kind: "logistic";
  hour: Encoder<number>;
  weekday: Encoder<number>;
  origin: Encoder<string>;
  destination: Encoder<string>;
  numbers: BoundedName[];
  /** hour, weekday, origin, destination, then the numbers; float32 */
  weights: number[];
  intercept: number;
}

export function fitLogistic(
  rows: Rows,
  p: Pick<TrainParams, "smoothing">,
  numbers: BoundedName[],
  onRound: (done: number, logLoss: number) => void = () => {},
): Logistic {
  const table = <K extends string | number>(keys: ArrayLike<K>) => fitEncoder(keys, rows.late, p.smoothing);
  const model: Logistic = {
    kind: "logistic",
    hour: table(hours(rows)),
    weekday: table(rows.numbers.weekday),
    origin: table(rows.texts.origin),
    destination: table(rows.texts.destination),
    numbers,
    weights: [],
    intercept: 0,
  };
  const columns = [...inputsOf(model, rows), new Float32Array(rows.count).fill(1)];
  const k = columns.length;
  const w = new Float64Array(k);
  for (let round = 0; round < 8; round++) {
    const gradient = new Float64Array(k);
    const hessian = Array.from({ length: k }, (_, j) => Float64Array.from({ length: k }, (_, l) => (j === l ? 1e-6 : 0)));
    let loss = 0;
    const x = new Float64Array(k);
    for (let i = 0; i < rows.count; i++) {
      let z = 0;
      for (let j = 0; j < k; j++) z += w[j]! * (x[j] = columns[j]![i]!);
      const q = sigmoid(z);
      loss -= Math.log(rows.late[i] === 1 ? q : 1 - q);
      for (let j = 0; j < k; j++) {
        gradient[j] = gradient[j]! + (q - rows.late[i]!) * x[j]!;
        const weight = q * (1 - q) * x[j]!;
        for (let l = 0; l <= j; l++) hessian[j]![l] = hessian[j]![l]! + weight * x[l]!;
      }
    }
    for (let j = 0; j < k; j++) for (let l = 0; l < j; l++) hessian[l]![j] = hessian[j]![l]!;
    solve(hessian, gradient).forEach((step, j) => (w[j] = w[j]! - step));
    onRound(round + 1, loss / rows.count);
  }
  model.weights = Array.from(w.subarray(0, k - 1), Math.fround);
  model.intercept = Math.fround(w[k - 1]!);
  return model;
}

export function scoreLogistic(model: Logistic, rows: Rows): Float32Array {
  const columns = inputsOf(model, rows);
  return Float32Array.from({ length: rows.count }, (_, i) => {
    let z = model.intercept;
    columns.forEach((column, j) => (z += model.weights[j]! * column[i]!));
    return sigmoid(z);
  });
}

const hours = (rows: Rows): Float32Array => rows.numbers.minute.map((minute) => Math.floor(minute / 60));

function inputsOf(model: Logistic, rows: Rows): Float32Array[] {
  const bounded = (name: BoundedName) =>
    rows.numbers[name].map(
      (v, i) => Math.min(Math.max(v, BOUNDS[name][0]), BOUNDS[name][1]) * (name === "distance" ? 1 : trust(rows.numbers.minute[i]!)),
    );
  return [
    encode(model.hour, hours(rows)),
    encode(model.weekday, rows.numbers.weekday),
    encode(model.origin, rows.texts.origin),
    encode(model.destination, rows.texts.destination),
    ...model.numbers.map(bounded),
  ];
}

/** Solves A x = b by elimination with pivots; destroys A and b. */
function solve(A: Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(A[r]![c]!) > Math.abs(A[pivot]![c]!)) pivot = r;
    [A[c], A[pivot]] = [A[pivot]!, A[c]!];
    [b[c], b[pivot]] = [b[pivot]!, b[c]!];
    for (let r = c + 1; r < n; r++) {
      const factor = A[r]![c]! / A[c]![c]!;
      for (let j = c; j < n; j++) A[r]![j] = A[r]![j]! - factor * A[c]![j]!;
      b[r] = b[r]! - factor * b[c]!;
    }
  }
  for (let c = n - 1; c >= 0; c--) {
    for (let j = c + 1; j < n; j++) b[c] = b[c]! - A[c]![j]! * b[j]!;
    b[c] = b[c]! / A[c]![c]!;
  }
  return b;
}
