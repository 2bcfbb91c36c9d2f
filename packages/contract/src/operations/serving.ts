import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, paged, project, time } from "../shapes.ts";
import { signature } from "./registry.ts";

/** Seconds, from a histogram of all requests since the arm was opened. */
export const latency = z.object({ p50: z.number(), p95: z.number(), p99: z.number() });

export const arm = z.object({
  arm: z.enum(["live", "canary", "shadow"]),
  model: name,
  version: z.string(),
  bundle: digest,
  digest,
  /** Of the traffic; a shadow has 0. */
  share: z.number(),
  requests: z.number(),
  rows: z.number(),
  failures: z.number(),
  latency: latency.nullable(),
  /** Where the model runs because of its measured warm-up, and that measurement in seconds. */
  placement: z.enum(["thread", "worker"]).nullable(),
  warmUp: z.number().nullable(),
  since: time,
});

const routeSummary = z.object({
  route: name,
  model: name,
  epoch: z.number(),
  arms: z.array(arm),
  live: z.string().nullable(),
  /** What a rollback leads to, and whether it is loaded. */
  back: z.object({ version: z.string(), bundle: digest, warm: z.boolean() }).nullable(),
  requests: z.number(),
  rows: z.number(),
  failures: z.number(),
  fallbacks: z.number(),
  latency: latency.nullable(),
  log: z.enum(["strict", "fast"]),
  /** Release that moves the route now. */
  release: z.string().nullable(),
});

const epoch = z.object({
  epoch: z.number(),
  at: time,
  reason: z.string(),
  arms: z.array(z.object({ arm: z.string(), model: name, version: z.string(), share: z.number() })),
  entry: z.string().nullable(),
});

const prediction = z.object({
  id: z.string(),
  observedAt: time,
  receivedAt: time,
  epoch: z.number(),
  model: name,
  version: z.string(),
  arm: z.string(),
  key: z.string().nullable(),
  use: z.string().nullable(),
  caller: z.string(),
  features: z.record(z.string(), z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
  latency: z.number(),
  flags: z.array(z.string()),
  label: z.object({ value: z.number(), observedAt: time }).nullable(),
  segment: z.string(),
});

export const servingOperations = {
  "routes.list": operation({
    method: "GET",
    path: "/p/{project}/routes",
    capability: "read",
    input: project,
    output: z.object({ routes: z.array(routeSummary) }),
    text: "What is served where, by which arms, how fast.",
  }),
  "routes.get": operation({
    method: "GET",
    path: "/p/{project}/routes/{route}",
    capability: "read",
    input: project.extend({ route: name }),
    output: z.object({
      ...routeSummary.shape,
      signature: signature.nullable(),
      /** Newest first. */
      epochs: z.array(epoch),
      predictions: z.object({
        rows: z.number(),
        segments: z.number(),
        openRows: z.number(),
        firstObservedAt: time.nullable(),
        lastObservedAt: time.nullable(),
        labels: z.number(),
      }),
      url: z.string(),
      settings: z.object({ answerWithin: z.number(), fallback: z.array(z.string()), key: z.string().nullable() }),
    }),
    text: "One route: arms, route tables by epoch, latency, prediction log, signature.",
  }),
  "routes.rollback": operation({
    method: "POST",
    path: "/p/{project}/routes/{route}/rollback",
    capability: "rollback",
    input: project.extend({ route: name, to: z.string().optional(), reason: z.string().max(2000).optional() }),
    output: z.object({
      route: name,
      from: z.string(),
      to: z.string(),
      epoch: z.number(),
      /** Seconds from the call to the new table serving. */ took: z.number(),
      release: z.string().nullable(),
      entry: z.string(),
    }),
    text: "Back to what the route served before, at once, without evidence, also in mid-release.",
  }),
  "labels.append": operation({
    method: "POST",
    path: "/p/{project}/routes/{route}/labels",
    capability: "log",
    input: project.extend({
      route: name,
      labels: z
        .array(z.object({ key: z.string().min(1).max(256), value: z.number(), observed_at: time }))
        .min(1)
        .max(10_000),
    }),
    output: z.object({ received: z.number(), added: z.number() }),
    text: "Truth that arrives later, by prediction key; the same label twice is one.",
    bodyLimitBytes: 4 << 20,
  }),
  "predictions.list": operation({
    method: "GET",
    path: "/p/{project}/routes/{route}/predictions",
    capability: "read",
    input: project.extend({
      route: name,
      ...paged,
      key: z.string().optional(),
      use: z.string().optional(),
      version: z.string().optional(),
      from: time.optional(),
      until: time.optional(),
    }),
    output: z.object({ predictions: z.array(prediction), cursor: z.string().nullable(), rows: z.number() }),
    text: "Answered rows, newest first, with their labels where these have come.",
  }),
  "predictions.keys": operation({
    method: "GET",
    path: "/p/{project}/routes/{route}/predictions/keys",
    capability: "read",
    input: project.extend({ route: name, use: z.string().optional() }),
    output: z.object({ keys: z.array(z.string()) }),
    text: "Keys of all logged predictions of one declared use, so that a caller can go on where it stopped.",
  }),
};
