import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PipelineEvent } from "@capstan/contract/operations/pipeline";
import type { Caller } from "../base/foundation/caller.ts";
import { openTestStore, type TestStore } from "./store.ts";
import type { Work } from "../build/pipeline/attempt.ts";
import { dataMigrations } from "../build/data/migrations.ts";
import { createLocalExecutor } from "../build/execution/local-executor.ts";
import { trackingMigrations } from "../build/tracking/migrations.ts";
import { createTrackingService } from "../build/tracking/service.ts";
import { pipelineMigrations } from "../build/pipeline/migrations.ts";
import { createPipelineService, type PipelineDeps, type PipelineService, type RunAsk } from "../build/pipeline/service.ts";
import type { PipelineRunRow, StepRunRow } from "../build/pipeline/store.ts";

export const person: Caller = { actor: { kind: "person", name: "local:mara" }, via: "session", roles: [], capabilities: new Set() };

/** A project folder with a real store in it and steps that are small shell scripts. */
export type PipelineFixture = {
  open: TestStore;
  folder: string;
  service: PipelineService;
  put(files: Record<string, string>): void;
  text(path: string): string;
  /** Another host on the same store, as after a crash of the first. */
  anotherHost(more?: Partial<PipelineDeps>): PipelineService;
  run(ask?: Partial<RunAsk>): Promise<Ran>;
  close(): Promise<void>;
};
export type Ran = {
  row: PipelineRunRow | null;
  events: PipelineEvent[];
  steps: Record<string, StepRunRow>;
  states: Record<string, string>;
};

export const project = "flights";

export async function openPipelineFixture(more: Partial<PipelineDeps> = {}): Promise<PipelineFixture> {
  const open = await openTestStore([...dataMigrations, ...trackingMigrations, ...pipelineMigrations]);
  const folder = dirname(open.folder);
  const services: PipelineService[] = [];
  const create = (other: Partial<PipelineDeps> = {}): PipelineService => {
    const service = createPipelineService({
      store: open.store,
      tracking: createTrackingService({ store: open.store }),
      executor: createLocalExecutor({ sampleMs: 20 }),
      folderOf: async () => folder,
      variables: { PATH: process.env["PATH"], HOME: folder },
      ...more,
      ...other,
    });
    services.push(service);
    return service;
  };
  const service = create();
  return {
    open,
    folder,
    service,
    put(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    },
    text: (path) => readFileSync(join(folder, path), "utf8"),
    anotherHost: create,
    run: (ask = {}) => runOf(service, { project, ...ask }),
    async close() {
      for (const one of services) await one.close();
      // A test that failed must not leave its steps behind.
      for (const attempt of await service.sql.openAttempts()) await createLocalExecutor().stop((JSON.parse(attempt.work) as Work).spec, 0);
      await open.close();
    },
  };
}

export async function runOf(service: PipelineService, ask: RunAsk): Promise<Ran> {
  const events: PipelineEvent[] = [];
  const row = await service.runToEnd(ask, person, (event) => events.push(event));
  const rows = row ? await service.sql.stepRuns(row.id) : [];
  return {
    row,
    events,
    steps: Object.fromEntries(rows.map((one) => [one.step, one])),
    states: Object.fromEntries(rows.map((one) => [one.step, one.state])),
  };
}

/** prepare → train → evaluate, and report beside it. */
export const threeSteps: Record<string, string> = {
  "params.yaml": "window: 3\ntrain:\n  trees: 200\n  rate: 0.1\n",
  "data/rows.txt": "b\na\nc\nd\n",
  "prepare.sh":
    'head -n "$(sed -n "s/.*\\"window\\":\\([0-9]*\\).*/\\1/p" "$CAPSTAN_PARAMS")" "$CAPSTAN_IN_ROWS" | sort > "$CAPSTAN_OUT_TRAIN"\n',
  "train.sh": '. ./lib.sh\n{ cat "$CAPSTAN_IN_ROWS"; cat params.yaml; header; } > "$CAPSTAN_OUT_MODEL"\n',
  "lib.sh": "header() { echo model; }\n",
  "evaluate.sh": 'printf \'{"rows": %s, "of": {"auc": 0.75}}\' "$(wc -l < "$CAPSTAN_IN_MODEL")" > "$CAPSTAN_OUT_METRICS"\n',
  "report.sh": 'wc -c < "$CAPSTAN_IN_TRAIN" > work/report.txt\n',
  "capstan.yaml": `project: flights
steps:
  prepare:
    run: sh prepare.sh
    in: {rows: data/rows.txt}
    out: {train: work/train.txt}
    params: [window]
  train:
    run: sh train.sh
    in: {rows: step:prepare.train}
    out: {model: work/model.txt}
    params: [train]
  evaluate:
    run: sh evaluate.sh
    in: {model: step:train.model}
    out: {metrics: work/metrics.json}
  report:
    run: sh report.sh
    in: {train: work/train.txt}
    out: work/report.txt
`,
};
