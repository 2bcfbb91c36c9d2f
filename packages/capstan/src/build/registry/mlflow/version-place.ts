import { Readable } from "node:stream";
import type { Store } from "../../../base/record/store.ts";
import type { Column, Datatype } from "../../inference/model.ts";
import type { ArtifactPlace, OpenedFile } from "../../tracking/mlflow/artifact-places.ts";
import type { ModelVersion } from "../model.ts";

const modelFile = "model.onnx";
const typeNames: Readonly<Record<Datatype, string>> = {
  BOOL: "boolean",
  INT32: "integer",
  INT64: "long",
  FP32: "float",
  FP64: "double",
  BYTES: "string",
};
const columns = (all: readonly Column[]): string =>
  JSON.stringify(all.map((one) => ({ type: typeNames[one.datatype], name: one.name, required: true })));

/** What MLflow's clients look for first: how to load the file beside it. JSON is YAML. */
const describing = (version: ModelVersion): string =>
  `${JSON.stringify(
    {
      artifact_path: "model",
      flavors: {
        onnx: { code: null, data: modelFile, onnx_version: "1.14.0", providers: ["CPUExecutionProvider"] },
        python_function: { data: modelFile, loader_module: "mlflow.onnx", env: {}, python_version: "3.10.0" },
      },
      model_uuid: version.digest.slice(0, 32),
      run_id: version.label.statedRun,
      signature: { inputs: columns(version.signature.inputs), outputs: columns(version.signature.outputs) },
      utc_time_created: new Date(version.createdMs).toISOString().replace("T", " ").replace("Z", ""),
    },
    null,
    2,
  )}\n`;

/** The files of a version that is one file: that file, and what tells MLflow's clients how to load it. */
export function filesOfVersion(store: Store, version: ModelVersion): ArtifactPlace {
  const text = Buffer.from(describing(version));
  const files: Readonly<Record<string, OpenedFile>> = {
    MLmodel: {
      sizeBytes: text.length,
      digest: undefined,
      stream: async (range) => Readable.from([range ? text.subarray(range.start, range.end) : text]),
    },
    [modelFile]: {
      sizeBytes: version.sizeBytes,
      digest: version.digest,
      stream: (range) => store.blobs.stream(version.digest, range),
      path: () => store.blobs.localPath(version.digest),
    },
  };
  return {
    list: async (folder) =>
      folder === ""
        ? Object.entries(files).map(([path, one]) => ({ path, folder: false, sizeBytes: one.sizeBytes, digest: one.digest ?? null }))
        : [],
    find: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
  };
}
