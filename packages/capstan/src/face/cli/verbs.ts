import type { Context } from "./context.ts";

/** One verb of the command line. Its file is loaded only when it is used. */
export type Verb = {
  /** One sentence. */
  text: string;
  /** Written out, without `capstan`. */
  usage: string;
  /** Words it takes after its name; more are refused, not ignored. */
  mostWords: number;
  /** What stands behind `--` belongs to a command of the user's. */
  takesCommand?: true;
  examples: readonly string[];
  /** Own flags, in the form of node:util parseArgs, with their texts. */
  flags: Readonly<Record<string, Flag>>;
  run(context: Context): Promise<number>;
};

/** `dashed`: its value may begin with a dash. */
export type Flag = { type: "boolean" | "string"; multiple?: boolean; short?: string; dashed?: true; text: string };

type Loader = () => Promise<{ verb: Verb }>;

/** In the order of help: the eight words first, then by station. */
export const verbs: Readonly<Record<string, { group: string; load: Loader }>> = {
  init: { group: "eight words", load: () => import("./init.ts") },
  run: { group: "eight words", load: () => import("./run.ts") },
  status: { group: "eight words", load: () => import("./status.ts") },
  why: { group: "eight words", load: () => import("./why.ts") },
  compare: { group: "eight words", load: () => import("./compare.ts") },
  release: { group: "eight words", load: () => import("./release.ts") },
  rollback: { group: "eight words", load: () => import("./rollback.ts") },
  watch: { group: "eight words", load: () => import("./watch.ts") },
  demo: { group: "start", load: () => import("./demo.ts") },
  open: { group: "start", load: () => import("./open.ts") },
  data: { group: "build", load: () => import("./data.ts") },
  worth: { group: "build", load: () => import("./worth.ts") },
  runs: { group: "build", load: () => import("./runs.ts") },
  import: { group: "build", load: () => import("./import.ts") },
  log: { group: "build", load: () => import("./log.ts") },
  list: { group: "build", load: () => import("./list.ts") },
  show: { group: "build", load: () => import("./show.ts") },
  check: { group: "decide", load: () => import("./check.ts") },
  register: { group: "decide", load: () => import("./register.ts") },
  gate: { group: "decide", load: () => import("./gate.ts") },
  review: { group: "decide", load: () => import("./review.ts") },
  predict: { group: "release", load: () => import("./predict.ts") },
  path: { group: "operate", load: () => import("./path.ts") },
  verify: { group: "prove", load: () => import("./verify.ts") },
  closure: { group: "prove", load: () => import("./closure.ts") },
  reproduce: { group: "prove", load: () => import("./reproduce.ts") },
  export: { group: "prove", load: () => import("./export.ts") },
  server: { group: "keep", load: () => import("./server.ts") },
  admin: { group: "keep", load: () => import("./admin.ts") },
  config: { group: "keep", load: () => import("./config.ts") },
  doctor: { group: "keep", load: () => import("./doctor.ts") },
  api: { group: "keep", load: () => import("./api.ts") },
  help: { group: "keep", load: () => import("./help.ts") },
};

/** Words of other tools and the word here. */
export const otherWords: Readonly<Record<string, string>> = {
  repro: "run",
  plan: "run --plan",
  promote: "release",
  deploy: "release",
  serve: "server",
  ui: "open",
  diff: "compare",
  lineage: "closure",
  monitor: "watch",
  approve: "review --approve",
  retrain: "run",
};
