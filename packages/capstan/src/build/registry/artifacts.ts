import { canonicalJson } from "../../base/foundation/canonical-json.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Signature } from "../inference/model.ts";
import { signatureOf } from "../inference/onnx.ts";
import type { ModelFile, ModelVersion } from "./model.ts";
import { bundleDigest, bundlePartsOf } from "./rules.ts";

type Contents = { readonly digest: string; readonly sizeBytes: number; readonly signature: Signature };

const unknownSignature: Signature = { inputs: [], outputs: [] };

/**
 * What a version stands for that a client of MLflow registered: its ONNX file when it has exactly one that we can serve, so that a route can answer
 * with it; else the list of its files, kept as a blob, or what was stated about it when its files lie elsewhere. Nothing is unpickled.
 */
async function contentsOf(store: Store, files: readonly ModelFile[], stated: { [key: string]: string | null }): Promise<Contents> {
  const graphs = files.filter((one) => one.path.endsWith(".onnx"));
  const [graph] = graphs;
  if (graph && graphs.length === 1) {
    try {
      const signature = await signatureOf(await store.blobs.localPath(graph.digest));
      return { digest: graph.digest, sizeBytes: graph.sizeBytes, signature };
    } catch (error) {
      // A graph of another form is a model all the same, only not one of ours to serve.
      if (!(error instanceof CapstanError)) throw error;
    }
  }
  const list = canonicalJson(
    files.length > 0
      ? {
          form: "capstan-model-files-1",
          files: Object.fromEntries(files.map((one) => [one.path, { digest: one.digest, sizeBytes: one.sizeBytes }])),
        }
      : { form: "capstan-model-elsewhere-1", ...stated },
  );
  const { digest } = await store.blobs.putBytes(Buffer.from(list));
  return { digest, sizeBytes: files.reduce((sum, one) => sum + one.sizeBytes, 0), signature: unknownSignature };
}

/** A version of a model that a client of MLflow registered; not written anywhere yet. */
export async function versionOfFiles(
  store: Store,
  wanted: Pick<ModelVersion, "project" | "model" | "number" | "runId" | "createdMs" | "label"> & { files: readonly ModelFile[] },
): Promise<ModelVersion> {
  const { files, ...own } = wanted;
  const { project, model, label } = own;
  const contents = await contentsOf(store, files, { source: label.source, location: label.location, run: label.statedRun });
  const parts = bundlePartsOf({ project, model, digest: contents.digest }, contents.signature);
  return {
    ...own,
    ...contents,
    form: "artifacts",
    step: null,
    params: {},
    metrics: {},
    checks: [],
    bundle: bundleDigest(parts),
    bundleParts: parts,
    entryId: store.recorder.newEntryId(),
  };
}
