import { z } from "zod";
import { capabilities, operation } from "../operation.ts";
import { name, project, time, verdict } from "../shapes.ts";

/** What a glyph shows: one of the six verdicts, or a state of work that has no verdict yet. */
export const mark = z.enum([...verdict.options, "running", "waiting", "reused", "none"]);
export type Mark = z.output<typeof mark>;

export const stationIds = ["data", "train", "check", "review", "release", "serve", "watch", "learn"] as const;
export const stationId = z.enum(stationIds);
export type StationId = z.output<typeof stationId>;

const action = z.object({ label: z.string(), href: z.string() });

/** Where one model stands at one station: a glyph, one fact, one small fact. Empty facts when there is nothing to say yet. */
export const station = z.object({
  mark,
  fact: z.string(),
  small: z.string(),
  /** Page that holds the evidence, as a path of the UI (`/p/…`); null when there is none. */
  href: z.string().nullable(),
});

const loopModel = z.object({
  model: z.string(),
  project: name,
  /** Risk level 0–4; null before it is classified. */
  level: z.number().int().nullable(),
  href: z.string(),
  stations: z.record(stationId, station),
  /** Label of the pill, e.g. `v24` or `run 3`, and the station it stands at: where the newest version (or run) is. */
  pill: z.object({ label: z.string(), station: stationId }),
  /** Releases that reached all traffic. */
  turns: z.number().int(),
});

/** `model` is null when it concerns all of them. */
const attention = z.object({ mark, model: z.string().nullable(), title: z.string(), detail: z.string(), at: time, action });

/** One delivery figure over `days`; `change` is signed, against the period before, null without one. `better` says which direction is good. */
const delivery = z.object({
  id: z.enum(["data_to_live", "releases", "change_failures", "time_to_restore"]),
  label: z.string(),
  value: z.string(),
  small: z.string(),
  change: z.string().nullable(),
  tone: z.enum(["better", "worse", "same"]),
  line: z.array(z.number()),
});

/** A run of the bundled example (or of any loop driven by `capstan start`): its summary table, station by station. */
const demo = z.object({
  state: z.enum(["running", "done", "failed"]),
  stations: z.array(
    z.object({
      /** 0–11, as in the summary of `npm start`. */
      id: z.number().int(),
      station: stationId.nullable(),
      title: z.string(),
      state: z.enum(["waiting", "running", "done", "reused", "failed"]),
      verdict: verdict.nullable(),
      figure: z.string(),
      seconds: z.number().nullable(),
      digest: z.string().nullable(),
    }),
  ),
});

export const loop = z.object({
  models: z.array(loopModel),
  /** Most urgent first, at most 8; `attentionTotal` counts all. */
  attention: z.array(attention),
  attentionTotal: z.number().int(),
  delivery: z.array(delivery),
  deliveryDays: z.number().int(),
  demo: demo.nullable(),
});

const palette = z.object({
  noun: z.enum([
    "project",
    "dataset",
    "pipeline",
    "experiment",
    "run",
    "suite",
    "model",
    "version",
    "release",
    "route",
    "monitor",
    "incident",
    "entry",
  ]),
  name: z.string(),
  detail: z.string(),
  href: z.string(),
});

/** One row of a comparison: a value for each of what is compared, in their order; null where one has none. */
const comparedRow = z.object({
  part: z.enum(["metrics", "params", "data", "code", "environment", "outputs", "resources"]),
  key: z.string(),
  values: z.array(z.union([z.number(), z.string(), z.null()])),
  differs: z.boolean(),
  /** The last against the first, where both are numbers. */
  change: z.number().nullable(),
  /** Which direction of a metric is good, where that is known. */
  better: z.enum(["higher", "lower"]).nullable(),
});

export const insightsOperations = {
  "insights.loop": operation({
    method: "GET",
    path: "/p/{project}/loop",
    capability: "read",
    input: project,
    output: loop,
    text: "Where every model of a project stands on the loop, and what needs someone",
  }),
  "insights.loopAll": operation({
    method: "GET",
    path: "/loop",
    capability: "read",
    input: z.object({}),
    output: loop,
    text: "Where every model of every project stands on the loop, and what needs someone",
  }),
  /** Everything that the frame of the UI shows around a page, in one answer. */
  "insights.frame": operation({
    method: "GET",
    path: "/frame",
    capability: "read",
    input: z.object({ project: name.optional() }),
    output: z.object({
      projects: z.array(z.object({ project: name, models: z.number().int(), runs: z.number().int() })),
      caller: z.object({
        name: z.string(),
        via: z.enum(["session", "token", "loopback", "system"]),
        /** What this caller may do. Everything else is shown closed, with `closed` as the reason. */
        capabilities: z.array(z.enum(capabilities)),
        closed: z.string().nullable(),
      }),
      /** The newest verification of the record; at is null before the first. */
      seal: z.object({ mark, at: time.nullable(), entries: z.number().int(), signed: z.boolean() }),
      /** Number beside an item of the side bar; absent when zero. Keys: inbox, reviews, releases, monitors, incidents. */
      badges: z.record(z.string(), z.number().int()),
      store: z.object({
        name: z.string(),
        place: z.string(),
        database: z.enum(["SQLite", "PostgreSQL"]),
        sizeBytes: z.number().nullable(),
        reach: z.string(),
      }),
      version: z.string(),
    }),
    text: "Who is asking, which projects there are, and whether the record holds",
  }),
  "insights.search": operation({
    method: "GET",
    path: "/search",
    capability: "read",
    input: z.object({ q: z.string().min(1).max(200), project: name.optional(), limit: z.coerce.number().int().min(1).max(50).default(12) }),
    output: z.object({ results: z.array(palette) }),
    text: "Everything whose name, id or digest begins with or contains the text",
  }),
  "insights.compare": operation({
    method: "GET",
    path: "/p/{project}/compare",
    capability: "read",
    input: project.extend({
      /** `run:2`, `run:2/train`, the id of a run or 6 and more digits of it, `late-arrival@v3`, `late-arrival`. One alone is compared against what is live, else against the one before. */
      ref: z
        .union([z.string(), z.array(z.string())])
        .transform((value) => [value].flat())
        .pipe(z.array(z.string().min(1).max(200)).min(1).max(20)),
    }),
    output: z.object({
      subjects: z.array(z.object({ ref: z.string(), title: z.string(), run: z.string().nullable() })),
      rows: z.array(comparedRow),
      /** Rows that are equal in all. */
      equal: z.number().int(),
    }),
    text: "What differs between runs or model versions: metrics, params, data, code, environment, outputs; the first is the baseline.",
  }),
  "insights.path": operation({
    method: "GET",
    path: "/p/{project}/models/{model}/path",
    capability: "read",
    input: project.extend({ model: z.string(), version: z.string().optional() }),
    output: z.object({
      steps: z.array(
        z.object({
          at: time,
          kind: z.string(),
          title: z.string(),
          detail: z.string(),
          href: z.string().nullable(),
          entry: z.number().int().nullable(),
          /** True when a person had to act here. */
          hand: z.boolean(),
          actor: z.string(),
          /** Since the step before. */
          waitedSeconds: z.number(),
        }),
      ),
      hands: z.number().int(),
      seconds: z.number(),
    }),
    text: "The chain from data to live, in order of time, with the human hands on it counted",
  }),
};
