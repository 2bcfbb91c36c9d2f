import type { InferenceSession, Tensor } from "onnxruntime-node";
import { quietenLibraries } from "../../base/foundation/environment.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { signatureFrom } from "./signature.ts";
import type { Batch, Column, Datatype, Signature, Values } from "./model.ts";

/** One ONNX Runtime session on the calling thread. Its `run` blocks that thread for as long as the model needs. */
export type OnnxSession = {
  readonly signature: Signature;
  run(batch: Batch): Promise<Batch>;
  close(): Promise<void>;
};

/** Loads a file; CAP-MODEL-001 when it is no model that ONNX Runtime takes. */
export async function openSession(path: string): Promise<OnnxSession> {
  // Loaded with the first model: its library alone takes 15 ms of a command that scores nothing.
  quietenLibraries();
  const onnx = await import("onnxruntime-node");
  // What goes wrong is thrown; ONNX Runtime would print it as well.
  onnx.env.logLevel = "fatal";
  let session: InferenceSession;
  try {
    session = await onnx.InferenceSession.create(path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new CapstanError("CAP-MODEL-001", { problem: firstLine(error, path) }, { cause: error });
  }
  let signature: Signature;
  try {
    signature = signatureFrom(session.inputMetadata, session.outputMetadata);
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    signature,
    async run(batch) {
      const feeds: Record<string, Tensor> = {};
      for (const column of signature.inputs) feeds[column.name] = tensorOf(onnx.Tensor, column, batch);
      let results: InferenceSession.ReturnType;
      try {
        results = await session.run(feeds);
      } catch (error) {
        throw new CapstanError("CAP-MODEL-004", { problem: firstLine(error, path) }, { cause: error });
      }
      const columns: Record<string, Values> = {};
      for (const column of signature.outputs) columns[column.name] = valuesOf(column, results[column.name], batch.rows);
      return { rows: batch.rows, columns };
    },
    close: () => session.release(),
  };
}

const types: Readonly<Record<Datatype, Tensor.Type>> = {
  FP32: "float32",
  FP64: "float64",
  INT32: "int32",
  INT64: "int64",
  BOOL: "bool",
  BYTES: "string",
};

function tensorOf(Tensor: (typeof import("onnxruntime-node"))["Tensor"], column: Column, batch: Batch): Tensor {
  const values = batch.columns[column.name];
  if (!values || values.length !== batch.rows)
    throw new CapstanError("CAP-MODEL-003", {
      column: column.name,
      problem: values ? `${values.length} values for ${batch.rows} rows` : "it is missing",
    });
  const dims = column.shape.length === 1 ? [batch.rows] : [batch.rows, 1];
  return new Tensor(types[column.datatype], values as Tensor.DataType, dims) as Tensor;
}

function valuesOf(column: Column, value: unknown, rows: number): Values {
  const data = (value as Tensor | undefined)?.data;
  if (!data || data.length !== rows)
    throw new CapstanError("CAP-MODEL-004", { problem: `output ${column.name} has ${data?.length ?? 0} values for ${rows} rows` });
  return data as Values;
}

/** ONNX Runtime's messages name the file and run over many lines; neither is for a client. */
function firstLine(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n")[0] ?? "").replaceAll(path, "the file").slice(0, 300);
}
