import type { Edge, LineageNode } from "../../base/record/model.ts";
import { type ModelVersion, versionName, versionNode } from "./model.ts";

/** A version of several files: the list of them, what made it, and what it was copied from. */
export function lineageOf(version: ModelVersion, copyOf?: { model: string; number: number }): { nodes: LineageNode[]; edges: Edge[] } {
  const node = versionNode(version.model, version.number);
  const blob = `blob:${version.digest}`;
  const title = `${version.model} ${versionName(version.number)}`;
  return {
    nodes: [
      { id: blob, kind: "blob", title: `files of ${title}`, digest: version.digest, facts: { sizeBytes: version.sizeBytes } },
      { id: node, kind: "model", title, digest: version.digest, facts: { bundle: version.bundle } },
    ],
    edges: [
      { from: node, to: blob, relation: "is" },
      ...(version.runId === null ? [] : [{ from: node, to: `run:${version.runId}`, relation: "made by" }]),
      ...(copyOf ? [{ from: node, to: versionNode(copyOf.model, copyOf.number), relation: "copy of" }] : []),
    ],
  };
}
