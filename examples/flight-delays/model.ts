// The two kinds of model behind one fit and one score, and the same model in ONNX Runtime.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { fitBoosted, scoreBoosted, type Boosted } from "./boosted.ts";
import { fitLogistic, scoreLogistic, type BoundedName, type Logistic } from "./logistic.ts";
import type { Bytes } from "./protobuf.ts";
import type { NumberName, Rows, TextName } from "./rows.ts";
import type { TrainParams } from "./step.ts";

export type Model = Boosted | Logistic;

const ROLLING: BoundedName[] = ["origin_delay_3h", "destination_delay_3h", "system_delay_3h"];

export function fit(rows: Rows, p: TrainParams, seed: number, onRound?: (done: number, logLoss: number) => void): Model {
  return p.kind === "boosted" ? fitBoosted(rows, p, seed, onRound) : fitLogistic(rows, p, ["distance", ...ROLLING], onRound);
}

export const score = (model: Model, rows: Rows): Float32Array =>
  model.kind === "boosted" ? scoreBoosted(model, rows) : scoreLogistic(model, rows);

/** What ONNX Runtime says of the same rows. */
export async function scoreOnnx(file: Bytes, rows: Rows): Promise<Float32Array> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    feeds[name] =
      name in rows.texts
        ? new Tensor("string", rows.texts[name as TextName], [rows.count, 1])
        : new Tensor("float32", rows.numbers[name as NumberName], [rows.count, 1]);
  }
  const { probability } = await session.run(feeds);
  return probability!.data as Float32Array;
}
