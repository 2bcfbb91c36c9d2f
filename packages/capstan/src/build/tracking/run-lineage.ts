import type { Edge, LineageNode } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import type { Link, Links, Run } from "./model.ts";

type Recorder = Store["recorder"];

/** A run with what it read and made, for the record's graph. */
export function lineageOf(recorder: Recorder, run: Run, links: Links): Change {
  const me = `run:${run.id}`;
  const node = (link: Link): LineageNode => ({
    id: link.node,
    kind: link.node.slice(0, Math.max(0, link.node.indexOf(":"))) || "thing",
    title: link.name,
    digest: link.digest,
    facts: {},
  });
  const inputs = links.inputs ?? [];
  const outputs = links.outputs ?? [];
  const edges: Edge[] = [
    ...inputs.map((one) => ({ from: me, to: one.node, relation: "input" })),
    ...outputs.map((one) => ({ from: one.node, to: me, relation: "made-by" })),
  ];
  return recorder.lineage(
    [
      { id: me, kind: "run", title: run.step ?? run.name, digest: null, facts: { kind: run.kind, name: run.name } },
      ...inputs.map(node),
      ...outputs.map(node),
    ],
    edges,
    run.project,
  );
}
