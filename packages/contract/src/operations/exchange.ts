import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name } from "../shapes.ts";

const counts = z.record(z.string(), z.number());
const leftOver = z.object({ what: z.string(), count: z.number(), why: z.string() });

/** What an import or export did. */
export const transferResult = z.object({
  /** Where it came from, or went to; without credentials. */
  place: z.string(),
  /** By noun: what the source holds of what can be taken, what was new, what was on both sides already, what had gone on since. */
  found: counts,
  taken: counts,
  same: counts,
  updated: counts,
  /** Of `same`: what was not read again, because the source says of it what it said when it was read and compared. */
  unread: counts,
  /** The first hundred; all are counted. */
  conflicts: z.array(z.object({ noun: z.string(), id: z.string(), code: z.string(), problem: z.string() })),
  conflictCount: z.number(),
  /** What is not taken, how often, and why. */
  left: z.array(leftOver),
  notes: z.array(z.string()),
  /** Over everything that was compared; null for a plan. */
  digest: digest.nullable(),
  /** Things that were read back and are not what the source said. */
  differing: z.number(),
  /** Null when nothing was new. */
  entry: z.string().nullable(),
});
export const transfer = z.object({
  id: z.string(),
  project: name,
  direction: z.enum(["import", "export"]),
  state: z.enum(["running", "done", "failed", "stopped"]),
  plan: z.boolean(),
  /** The noun that is being read. */
  phase: z.string(),
  /** So far, by noun. */
  found: counts,
  taken: counts,
  /** How many runs there are in all, where that is known. */
  runs: z.number().nullable(),
  /** Null until it is done. */
  result: transferResult.nullable(),
  error: z.object({ code: z.string(), message: z.string(), do: z.string() }).nullable(),
});
export type Transfer = z.output<typeof transfer>;

/** Used for this transfer, never kept. */
const credentials = {
  token: z.string().max(10_000).optional(),
  user: z.string().max(500).optional(),
  password: z.string().max(500).optional(),
};

export const exchangeOperations = {
  "exchange.import": operation({
    method: "POST",
    path: "/p/{project}/imports",
    capability: "admin",
    input: z.object({
      project: name,
      /** Address of a server, postgres://…, a SQLite file, or an mlruns folder; paths are absolute, on the host's machine. */
      from: z.string().min(1).max(4000),
      /** What `mlflow-artifacts:/` is, or where artifacts were moved to: a folder or s3://… */
      artifacts: z.string().max(4000).optional(),
      /** Names of experiments; all, and the registry, when absent. */
      experiments: z.array(z.string().max(500)).max(1000).optional(),
      plan: z.boolean().default(false),
      /** Reads and compares runs again that the source says are unchanged. */
      again: z.boolean().default(false),
      ...credentials,
    }),
    output: transfer,
    text: "Begins to take over what a store of MLflow holds; what is here already is left as it is.",
  }),
  "exchange.export": operation({
    method: "POST",
    path: "/p/{project}/exports",
    capability: "admin",
    input: z.object({
      project: name,
      /** Address of an MLflow server, or a folder that becomes an mlruns folder; absolute, on the host's machine. */
      to: z.string().min(1).max(4000),
      experiments: z.array(z.string().max(500)).max(1000).optional(),
      plan: z.boolean().default(false),
      ...credentials,
    }),
    output: transfer,
    text: "Begins to write experiments, runs and models where MLflow reads them.",
  }),
  "exchange.show": operation({
    method: "GET",
    path: "/p/{project}/transfers/{transfer}",
    capability: "admin",
    input: z.object({ project: name, transfer: z.string().max(100) }),
    output: transfer,
    text: "How far an import or export is, and its result; forgotten when the host ends.",
  }),
  "exchange.stop": operation({
    method: "POST",
    path: "/p/{project}/transfers/{transfer}/stop",
    capability: "admin",
    input: z.object({ project: name, transfer: z.string().max(100) }),
    output: transfer,
    text: "Stops an import or export; the same again goes on where it stopped.",
  }),
};
