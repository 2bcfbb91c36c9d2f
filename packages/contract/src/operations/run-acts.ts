import { z } from "zod";
import { operation } from "../operation.ts";
import { name } from "../shapes.ts";
import { experimentId, runId } from "./tracking.ts";

const some = z.array(runId).min(1).max(500);
const held = z.array(
  z.object({ run: runId, /** The model version, dossier or release that rests on it, or its pipeline. */ by: z.string() }),
);

/** Acts on several runs, and on experiments as a whole. */
export const runActOperations = {
  "runs.move": operation({
    method: "POST",
    path: "/p/{project}/runs/move",
    capability: "log",
    input: z.object({
      project: name,
      runs: some,
      /** Id or name of an active experiment of the project. */ experiment: z.string().min(1).max(500),
    }),
    output: z.object({ runs: z.array(runId), experiment: experimentId }),
    text: "Moves runs into another experiment; on a sealed run this is an entry and a new seal.",
  }),
  "runs.tags": operation({
    method: "POST",
    path: "/p/{project}/runs/tags",
    capability: "log",
    input: z.object({
      project: name,
      runs: some,
      set: z.record(z.string().min(1).max(250), z.string().max(8000)).default({}),
      remove: z.array(z.string()).max(100).default([]),
    }),
    output: z.object({ /** Those that changed. */ runs: z.array(runId) }),
    text: "Sets and removes tags of several runs; removing what is not there is no change.",
  }),
  "runs.erase": operation({
    method: "POST",
    path: "/p/{project}/runs/erase",
    capability: "admin",
    input: z.object({ project: name, runs: some, plan: z.boolean().default(false) }),
    output: z.object({ runs: z.array(runId), held }),
    text: "Deletes deleted runs for good; the record keeps that they were there, and their seals.",
  }),
  "experiments.delete": operation({
    method: "POST",
    path: "/p/{project}/experiments/{experiment}/delete",
    capability: "log",
    input: z.object({ project: name, /** Id or name. */ experiment: z.string().min(1).max(500) }),
    output: z.object({ experiment: experimentId }),
    text: "Deletes an experiment with its runs; it can be restored.",
  }),
  "experiments.restore": operation({
    method: "POST",
    path: "/p/{project}/experiments/{experiment}/restore",
    capability: "log",
    input: z.object({ project: name, experiment: z.string().min(1).max(500) }),
    output: z.object({ experiment: experimentId }),
    text: "Takes a deleted experiment back, and its runs with it.",
  }),
  "experiments.erase": operation({
    method: "POST",
    path: "/p/{project}/experiments/{experiment}/erase",
    capability: "admin",
    input: z.object({ project: name, experiment: z.string().min(1).max(500), plan: z.boolean().default(false) }),
    output: z.object({
      experiment: experimentId,
      runs: z.number(),
      loggedModels: z.number(),
      traces: z.number(),
      /** Runs that stay, and their experiment with them. */
      held,
    }),
    text: "Deletes a deleted experiment for good with all it holds; its name is free again.",
  }),
};
