import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, paged, project, time, verdict } from "../shapes.ts";

/** One entry of the ledger as people read it. */
export const entryShape = z.object({
  id: z.string(),
  /** Position in the tree; null until the sequencer has seen it. */
  index: z.number().nullable(),
  at: time,
  action: z.string(),
  /** A sentence that a person can read. */
  sentence: z.string(),
  subject: z.object({ type: z.string(), id: z.string(), digest: z.string().optional() }),
  project: z.string(),
  actor: z.object({ kind: z.enum(["person", "token", "system", "job"]), name: z.string() }),
  outcome: z.string().nullable(),
  /** Id of the entry that led to this one. */
  because: z.string().nullable(),
  policy: z.string().nullable(),
  /** Null when erased. */
  payload: z.unknown(),
  leafHash: digest,
  /** `included`: under the newest signed checkpoint; `waiting`: acknowledged, not signed yet. */
  state: z.enum(["included", "waiting"]),
});
export type EntryView = z.output<typeof entryShape>;

export const checkpointShape = z.object({
  origin: z.string(),
  size: z.number(),
  root: digest,
  /** The signed note, byte-exact. */
  note: z.string(),
  at: time,
});

/** One thing that verification looked at, and what it found. */
export const verificationPart = z.object({
  part: z.enum(["ledger", "checkpoint", "anchor", "payloads", "seals", "bytes", "witness"]),
  verdict,
  text: z.string(),
  /** Index of the first entry that is not as it was signed. */
  index: z.number().nullable(),
});
export const verification = z.object({
  verdict,
  at: time,
  seconds: z.number(),
  entries: z.number(),
  size: z.number(),
  root: digest,
  parts: z.array(verificationPart),
  /** What the answer rests on, one sentence each: key, anchors, or that it proves consistency only. */
  reliedOn: z.array(z.string()),
});
export type Verification = z.output<typeof verification>;

export const lineageNodeShape = z.object({
  /** `kind:id`, such as `run:4f…`, `data:flights@v1`. */
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  digest: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  /** Links between it and the node that was asked for. */
  depth: z.number(),
});

export const recordOperations = {
  "record.head": operation({
    method: "GET",
    path: "/record",
    capability: "read",
    input: z.object({}),
    output: z.object({
      origin: z.string(),
      /** Entries acknowledged. */
      size: z.number(),
      root: digest,
      /** The newest signed checkpoint; null before the first or without a key. */
      signed: checkpointShape.nullable(),
      /** Entries acknowledged but not under a signed checkpoint. */
      waiting: z.number(),
      /** Verifier key in the signed-note form, null when the store never had one. */
      key: z.string().nullable(),
      /** Whether the signing key is at hand in this process. */
      canSign: z.boolean(),
      /** The last verification that this process made. */
      verified: verification.nullable(),
    }),
    text: "The head of the ledger: its size and root, what is signed and what waits.",
  }),
  "record.entries": operation({
    method: "GET",
    path: "/p/{project}/record/entries",
    capability: "read",
    input: project.extend({
      ...paged,
      /** `store` lists the entries of all projects; a token that is limited to projects may not. */
      scope: z.enum(["project", "store"]).default("project"),
      /** An action such as `run.ended`, or a noun such as `run`. */
      action: z.string().optional(),
      /** `type:id`, `type:` or an id. */
      subject: z.string().optional(),
      /** Words looked for in action and subject. */
      q: z.string().optional(),
    }),
    output: z.object({ entries: z.array(entryShape), cursor: z.string().nullable(), total: z.number() }),
    text: "Entries of the ledger, newest first.",
  }),
  "record.entry": operation({
    method: "GET",
    path: "/p/{project}/record/entries/{entry}",
    capability: "read",
    input: project.extend({ /** Id or index. */ entry: z.string() }),
    output: z.object({
      entry: entryShape,
      /** The leaf, byte-exact: its hash is SHA-256 of a zero byte and these bytes. */
      leaf: z.string(),
      payloadMatches: z.enum(["matches", "differs", "erased", "missing"]),
      /** Id of the entry that erased its payload. */
      erasedBy: z.string().nullable(),
      proof: z
        .object({
          size: z.number(),
          root: digest,
          /** From the leaf upwards. `hash` is the sibling, `side` where it stands, `result` the hash of both. */
          path: z.array(z.object({ hash: digest, side: z.enum(["left", "right"]), result: digest })),
          /** The proof as a file in the form c2sp.org/tlog-proof; null when the checkpoint is not signed. */
          file: z.string().nullable(),
        })
        .nullable(),
      before: entryShape.nullable(),
      after: entryShape.nullable(),
      /** Entries that name this one as their `because`. */
      ledTo: z.array(entryShape),
    }),
    text: "One entry with the proof that the signed tree holds it.",
  }),
  "record.verify": operation({
    method: "POST",
    path: "/record/verify",
    capability: "read",
    wholeStore: true,
    input: z.object({
      /** Read and hash every object instead of a sample. */
      deep: z.boolean().default(false),
      /** Content of `capstan.anchor`: checkpoints that someone else holds. */
      anchor: z.string().optional(),
    }),
    output: verification,
    text: "Verify ledger, payloads, seals and bytes against the signed head and the anchors given.",
  }),
  "record.anchor": operation({
    method: "POST",
    path: "/record/anchor",
    capability: "export",
    input: z.object({}),
    output: z.object({ /** One line for `capstan.anchor`. */ line: z.string(), checkpoint: checkpointShape }),
    text: "Sign what is acknowledged and give the checkpoint as one line to be kept elsewhere.",
  }),
  "record.lineage": operation({
    method: "GET",
    path: "/p/{project}/record/lineage",
    capability: "read",
    input: project.extend({
      node: z.string(),
      /** `up`: what it depends on; `down`: what is affected by it. */
      direction: z.enum(["up", "down"]).default("up"),
      depth: z.coerce.number().int().min(1).max(64).default(64),
      /** The nearest nodes first. */
      limit: z.coerce.number().int().min(1).max(5000).default(1000),
    }),
    output: z.object({
      nodes: z.array(lineageNodeShape),
      edges: z.array(z.object({ from: z.string(), to: z.string(), relation: z.string() })),
      counts: z.record(z.string(), z.number()),
      /** Nodes of the whole closure, also those beyond `limit`. */
      total: z.number(),
    }),
    text: "The transitive closure of what a thing depends on, or of what depends on it.",
  }),
  "record.export": operation({
    method: "POST",
    path: "/record/export",
    capability: "export",
    input: z.object({
      /** Whether payloads and names go along; without them the bundle proves order and digests only. */ payloads: z
        .boolean()
        .default(true),
    }),
    output: z.object({
      /** Object of the store that is the bundle (tar). */ blob: digest,
      sizeBytes: z.number(),
      entries: z.number(),
      checkpoint: checkpointShape,
    }),
    text: "Write the whole record as a bundle that anyone can verify offline.",
  }),
  "record.erase": operation({
    method: "POST",
    path: "/p/{project}/record/erase",
    capability: "admin",
    input: project.extend({ entry: z.string(), /** Why the law or the person wants it gone. */ reason: z.string().min(1) }),
    output: z.object({ entry: z.string(), /** The entry that says so. */ erasedBy: z.string() }),
    text: "Erase the payload of an entry for good; its leaf and all proofs stay valid.",
  }),
};
