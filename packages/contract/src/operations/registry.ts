import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, project, time, verdict } from "../shapes.ts";

/** One column of a signature, as in the Open Inference Protocol; -1 is the row dimension. */
export const signatureColumn = z.object({
  name: z.string(),
  datatype: z.enum(["BOOL", "INT32", "INT64", "FP32", "FP64", "BYTES"]),
  shape: z.array(z.number().int()),
});
export const signature = z.object({ inputs: z.array(signatureColumn), outputs: z.array(signatureColumn) });

/** `v3`, `latest`, `live`, an alias, or the first six or more digits of a digest. */
export const versionRef = z.string().min(1).max(64);
const versionName = z.string().regex(/^v[1-9][0-9]*$/, "a version such as v3");

const versionSummary = z.object({
  version: versionName,
  digest,
  bundle: digest,
  run: z.string().nullable(),
  step: z.string().nullable(),
  aliases: z.array(z.string()),
  /** Derived from releases; nobody sets it. */
  live: z.boolean(),
  createdAt: time,
  actor: z.string(),
  entry: z.string(),
});

const modelSummary = z.object({
  model: name,
  versions: z.number().int(),
  latest: versionName,
  live: versionName.nullable(),
  liveSince: time.nullable(),
  aliases: z.record(z.string(), versionName),
  updatedAt: time,
});

/** Something that happened to a version, newest first, each with its entry. */
const happening = z.object({ at: time, action: z.string(), what: z.string(), actor: z.string(), entry: z.string() });

export const registryOperations = {
  "models.list": operation({
    method: "GET",
    path: "/p/{project}/models",
    capability: "read",
    input: project,
    output: z.object({ models: z.array(modelSummary) }),
    text: "Models of a project with their newest and their live version.",
  }),
  "models.get": operation({
    method: "GET",
    path: "/p/{project}/models/{model}",
    capability: "read",
    input: project.extend({ model: name }),
    output: z.object({
      ...modelSummary.shape,
      /** Markdown, as someone wrote it. */
      description: z.string().nullable(),
      tags: z.record(z.string(), z.string()),
      list: z.array(versionSummary),
    }),
    text: "One model and all of its versions, newest first.",
  }),
  "models.version": operation({
    method: "GET",
    path: "/p/{project}/models/{model}/versions/{version}",
    capability: "read",
    input: project.extend({ model: name, version: versionRef }),
    output: z.object({
      model: name,
      ...versionSummary.shape,
      liveSince: time.nullable(),
      /** Markdown, as someone wrote it. */
      description: z.string().nullable(),
      tags: z.record(z.string(), z.string()),
      /** MLflow's label; it moves no traffic. */
      stage: z.enum(["None", "Staging", "Production", "Archived"]),
      /** `file`: one servable file. `artifacts`: the folder that a client of MLflow registered. */
      form: z.enum(["file", "artifacts"]),
      /** Where the client said it came from. */
      source: z.string().nullable(),
      /** Id of the logged model that became it. */
      loggedModel: z.string().nullable(),
      sizeBytes: z.number(),
      signature,
      params: z.record(z.string(), z.unknown()),
      metrics: z.record(z.string(), z.number()),
      /** What the version was made from: lineage nodes one step away. */
      data: z.array(z.object({ node: z.string(), relation: z.string(), digest: z.string().nullable() })),
      /** What a bundle is a digest of. */
      bundleParts: z.object({
        model: digest,
        features: z.string().nullable(),
        schema: digest,
        thresholds: z.record(z.string(), z.number()),
        flags: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
      /** The verdicts it came with, when its maker gave some. */
      checks: z.array(z.object({ suite: z.string(), verdict, run: z.string().nullable(), entry: z.string().nullable() })),
      history: z.array(happening),
    }),
    text: "One version: signature, digests, origin, verdicts, aliases and history.",
  }),
  "models.register": operation({
    method: "POST",
    path: "/p/{project}/models/{model}/versions",
    capability: "register",
    input: project.extend({
      model: name,
      /** A blob that the store has, or a file on the host's machine (for a local session). */
      digest: digest.optional(),
      file: z.string().optional(),
      run: z.string().optional(),
      step: z.string().optional(),
      params: z.record(z.string(), z.unknown()).optional(),
      metrics: z.record(z.string(), z.number()).optional(),
      thresholds: z.record(z.string(), z.number()).optional(),
      flags: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
      alias: name.optional(),
      reason: z.string().max(2000).optional(),
    }),
    output: z.object({ model: name, version: versionName, digest, bundle: digest, created: z.boolean(), entry: z.string() }),
    text: "Registers a model file as a version; the same bytes are the same version.",
  }),
  "models.describe": operation({
    method: "PUT",
    path: "/p/{project}/models/{model}/description",
    capability: "register",
    input: project.extend({
      model: name,
      /** Of a version; of the model when left out. */ version: versionRef.optional(),
      /** Markdown. */ description: z.string().max(100_000),
    }),
    output: z.object({ model: name, version: versionName.nullable(), description: z.string() }),
    text: "Says what a model or one of its versions is, in Markdown.",
  }),
  "models.alias": operation({
    method: "PUT",
    path: "/p/{project}/models/{model}/aliases/{alias}",
    capability: "register",
    input: project.extend({
      model: name,
      alias: name,
      /** Null removes the alias. */ version: versionRef.nullable(),
      reason: z.string().max(2000).optional(),
    }),
    output: z.object({ model: name, alias: name, version: versionName.nullable(), before: versionName.nullable(), entry: z.string() }),
    text: "Sets, moves or removes an alias. `live` is set by a release only.",
  }),
};
