import type { EntryView, recordOperations } from "@capstan/contract/operations/record";
import type { Caller, Handlers } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import { originOf } from "./checkpoint.ts";
import { exportToBlob } from "./export.ts";
import type { Checkpoint, Entry } from "./model.ts";
import { hashNode } from "./tree.ts";
import { proofFile } from "./proof.ts";
import type { HostRecorder } from "./recorder.ts";
import { sentenceOf } from "./sentence.ts";
import type { InclusionProof, RecordService } from "./service.ts";
import { verifierText } from "./signed-note.ts";
import type { Store } from "./store.ts";

export const recordHandlers = (
  service: RecordService,
  store: Store & { readonly recorder: HostRecorder },
): Handlers<typeof recordOperations> => {
  const origin = originOf(store.id);
  const checkpointView = (one: Checkpoint) => ({ origin, size: one.size, root: one.root, note: one.note, at: one.at });
  const view = (entry: Entry): EntryView => ({
    ...entry,
    sentence: sentenceOf(entry),
    state: entry.index !== null && entry.index < (store.recorder.checkpoint()?.size ?? 0) ? "included" : "waiting",
  });
  const mine = (entry: Entry, project: string, caller: Caller): void => {
    const other = caller.projects !== undefined && !caller.projects.includes(entry.project);
    if (other || (caller.projects !== undefined && entry.project !== project))
      throw new CapstanError("CAP-NOT-FOUND-001", { noun: "entry", name: entry.id });
  };
  const seen = (entry: Entry | null, caller: Caller): EntryView | null =>
    entry && (caller.projects?.includes(entry.project) ?? true) ? view(entry) : null;

  return {
    "record.head": async () => {
      const head = service.head();
      const signed = store.recorder.checkpoint();
      const key = await service.verifier();
      return {
        origin,
        ...head,
        signed: signed ? checkpointView(signed) : null,
        waiting: head.size - (signed?.size ?? 0),
        key: key ? verifierText(key) : null,
        canSign: store.recorder.ledger.canSign,
        verified: service.lastVerification() ?? null,
      };
    },

    "record.entries": async (input, caller) => {
      if (input.scope === "store" && caller.projects !== undefined)
        throw new CapstanError("CAP-NOT-FOUND-001", { noun: "project", name: "of the whole store for this token" });
      const filter = {
        ...(input.scope === "project" && { project: input.project }),
        ...(input.action !== undefined && { action: input.action }),
        ...(input.subject !== undefined && { subject: input.subject }),
        ...(input.q !== undefined && { q: input.q }),
      };
      const before = input.cursor === undefined ? undefined : Number(input.cursor);
      if (before !== undefined && !Number.isSafeInteger(before))
        throw new CapstanError("CAP-REQUEST-001", { operation: "record.entries", problem: "cursor is not one that this list gave" });
      const found = await service.list(filter, { limit: input.limit + 1, ...(before !== undefined && { before }) });
      const entries = found.slice(0, input.limit);
      return {
        entries: entries.map(view),
        cursor: found.length > input.limit ? String(entries.at(-1)?.index) : null,
        total: await service.count(filter),
      };
    },

    "record.entry": async (input, caller) => {
      const found = await service.get(input.entry);
      mine(found.entry, input.project, caller);
      return {
        entry: view(found.entry),
        leaf: found.leaf,
        payloadMatches: found.payload,
        erasedBy: found.erasedBy,
        proof: found.proof ? proofView(found.proof, found.entry.leafHash) : null,
        before: seen(found.before, caller),
        after: seen(found.after, caller),
        ledTo: found.ledTo.flatMap((one) => seen(one, caller) ?? []),
      };
    },

    "record.verify": async (input) => service.verify({ deep: input.deep, anchorText: input.anchor }),

    "record.anchor": async () => {
      const { line, checkpoint } = await service.anchor();
      return { line, checkpoint: checkpointView(checkpoint) };
    },

    "record.lineage": async (input) => {
      const { nodes, edges, total } = await service.closure(input.project, input.node, input.direction, {
        depth: input.depth,
        limit: input.limit,
      });
      if (nodes.length === 1 && edges.length === 0 && !(await service.node(input.project, input.node)))
        throw new CapstanError("CAP-NOT-FOUND-001", { noun: "node", name: input.node });
      const counts: Record<string, number> = {};
      for (const node of nodes) counts[node.kind] = (counts[node.kind] ?? 0) + 1;
      return { nodes, edges, counts, total };
    },

    "record.export": async (input) => {
      const { blob, checkpoint } = await exportToBlob(service, store, { payloads: input.payloads });
      return { blob: blob.digest, sizeBytes: blob.sizeBytes, entries: checkpoint.size, checkpoint: checkpointView(checkpoint) };
    },

    "record.erase": async (input, caller) => {
      mine((await service.get(input.entry)).entry, input.project, caller);
      return service.erase(input.entry, input.reason, caller.actor);
    },
  };
};

function proofView(proof: InclusionProof, leafHash: string) {
  let node: Buffer = Buffer.from(leafHash, "hex");
  const path = proof.path.map((step) => {
    node = step.side === "left" ? hashNode(step.hash, node) : hashNode(node, step.hash);
    return { hash: step.hash.toString("hex"), side: step.side, result: node.toString("hex") };
  });
  return {
    size: proof.checkpoint.size,
    root: proof.checkpoint.root,
    path,
    file: proofFile(proof.index, proof.path, proof.checkpoint.note),
  };
}
