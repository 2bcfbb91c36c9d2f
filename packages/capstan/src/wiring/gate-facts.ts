import type { CheckResult } from "@capstan/contract";
import type { ModelConfig, RouteConfig } from "@capstan/contract/config";
import type { RecordService } from "../base/record/service.ts";
import type { ChecksService, Ended } from "../build/checks/model.ts";
import type { DataService } from "../build/data/model.ts";
import type { ProjectFile } from "../build/pipeline/config/project-file.ts";
import type { PurposeService } from "../build/purpose/model.ts";
import { type ModelVersion, type RegistryService, versionNode } from "../build/registry/model.ts";
import type { TrackingService } from "../build/tracking/service.ts";
import type { Facts, GateFacts, Question } from "../ship/governance/model.ts";

/** What later rooms know, asked through narrow functions so that the gate can be opened without them. */
export type LaterFacts = {
  backtests(project: string): Promise<ReadonlyMap<string, { alarmShare: number; evidence: string }>>;
  incidents(project: string, model: string): Promise<NonNullable<Facts["incidents"]>>;
  release(project: string, model: string, version: number): Promise<Facts["release"]>;
};
export type GateFactsDeps = {
  projectFile(): Promise<ProjectFile>;
  project: string;
  record: RecordService;
  tracking: TrackingService;
  data: DataService;
  checks: ChecksService;
  registry: RegistryService;
  purpose: PurposeService;
  later: LaterFacts;
};

/** Gathers from every room what the gate asks about one model version. Nothing is typed: a fact comes from the record or is null. */
export function createGateFacts(deps: GateFactsDeps): GateFacts {
  const { record, tracking, data, checks, registry } = deps;
  const configOf = async (project: string) => (project === deps.project ? (await deps.projectFile()).config : {});

  /** Data that a version depends on, found along the lineage. */
  async function lineageOf(version: ModelVersion): Promise<Facts["lineage"]> {
    if (version.runId === null) return null;
    const run = await tracking.findRun(version.runId);
    if (!run) return null;
    const { nodes } = await record.closure(version.project, versionNode(version.model, version.number), "up");
    const environment = run.environment;
    const used = nodes.flatMap((node) => (node.kind === "data" && node.digest !== null ? [{ node: node.id, digest: node.digest }] : []));
    return {
      run: `run:${run.id}`,
      commit: environment.commit ?? null,
      dirty: environment.dirty ?? false,
      diff: environment.diffDigest ?? null,
      environment: environment.lockDigest ?? null,
      data: used,
      authors: [run.by],
    };
  }

  /** Newest result set of each suite about bytes of these digests. */
  async function newest(project: string, kind: "data" | "step" | "model", digests: ReadonlySet<string>): Promise<Ended[]> {
    const seen = new Map<string, Ended>();
    for (const set of await checks.list(project, {}, 1000)) {
      const key = `${set.suite} ${set.subjectDigest}`;
      if (set.subjectKind !== kind || seen.has(key) || !digests.has(set.subjectDigest ?? "")) continue;
      seen.set(key, await checks.get(project, set.id));
    }
    return [...seen.values()];
  }

  async function gather(question: Question): Promise<Facts> {
    const { project, model } = question;
    const version = await registry.get(project, model, `v${question.version}`);
    const config = await configOf(project);
    const declared: ModelConfig | undefined = config.models?.[model];
    const lineage = await lineageOf(version);
    const node = versionNode(model, version.number);
    const { nodes } = await record.closure(project, node, "up");
    const digests = new Set(nodes.flatMap((one) => (one.digest === null ? [] : [one.digest])));
    const [ofModel, ofData, ofSteps, entry, purpose, backtests] = await Promise.all([
      newest(project, "model", new Set([version.digest])),
      newest(project, "data", lineage ? new Set(lineage.data.map((one) => one.digest)) : new Set()),
      newest(project, "step", digests),
      record.find(version.entryId),
      deps.purpose.find(project),
      deps.later.backtests(project),
    ]);
    const results = ofModel.flatMap((set) => set.results.map((result) => ({ set, result })));
    const resultsOf = (...kinds: string[]) => results.filter(({ result }) => kinds.includes(result.kind));
    const datasets = lineage
      ? await Promise.all(
          lineage.data.map(async (one) => ({
            node: one.node,
            version: await data.find(project, one.node.replace(/^data:|@.*$/g, ""), one.node.split("@")[1] ?? "latest"),
          })),
        )
      : null;
    const overlap = ofSteps.flatMap((set) =>
      set.results.filter((result) => result.kind === "overlap_train_test").map((result) => ({ set, result })),
    )[0];
    const calibrated = resultsOf("calibration")[0];
    const route = Object.entries(config.routes ?? {}).find(([, one]) => one.model === model);

    return {
      version: { digest: version.digest, bundle: version.bundle, runId: version.runId, registeredBy: entry?.actor.name ?? null },
      ownership: { owner: declared?.owner ?? null, deputy: declared?.deputy ?? null, active: null },
      purpose: purpose
        ? {
            text: purpose.declaration.decision,
            digest: purpose.digest,
            notFor: declared?.not_for ?? [],
            evidence: `entry:${purpose.entryId}`,
          }
        : null,
      lineage,
      datasets:
        datasets?.map(({ node: name, version: found }) => ({
          node: name,
          columns: found?.columns.length ?? null,
          licence: found?.licence ?? null,
          origin: found?.origin ?? null,
          personal: found?.personal ?? null,
        })) ?? null,
      dataChecks: ofData.map((set) => ({
        node: set.subject,
        digest: set.subjectDigest ?? "",
        suite: set.suite,
        verdict: set.verdict,
        passed: set.counts.pass,
        all: set.results.length,
        check: `check:${set.id}`,
      })),
      overlap: overlap
        ? {
            rows: rowsIn(overlap.result),
            of: overlap.result.rows ?? 0,
            declared: overlap.result.verdict === "warn",
            evidence: `check:${overlap.set.id}`,
          }
        : null,
      comparisons: resultsOf("metric_vs_baseline", "metric_vs_champion").flatMap(({ set, result }) =>
        typeof result.observed === "number" && result.verdict !== "skipped"
          ? [
              {
                against: result.kind === "metric_vs_baseline" ? "baseline" : "live",
                metric: declared?.metric ?? "metric",
                difference: result.observed,
                interval: result.interval,
                margin: marginOf(result),
                evidence: `check:${set.id}`,
              },
            ]
          : [],
      ),
      calibration:
        calibrated && typeof calibrated.result.observed === "number"
          ? {
              metric: "ece",
              value: calibrated.result.observed,
              bound: numberIn(calibrated.result.bound),
              advisory: null,
              evidence: `check:${calibrated.set.id}`,
            }
          : null,
      artifact: { format: "ONNX", executable: false, findings: [], parts: [], weaknesses: null },
      route: route ? routeFacts(route[0], route[1], config.monitors ?? {}, backtests, config.retention) : null,
      incidents: await deps.later.incidents(project, model),
      release: await deps.later.release(project, model, version.number),
      approvals: declared?.gate?.approvals ?? null,
    };
  }

  return {
    gather,
    async risk(project, model) {
      const answers = (await configOf(project)).models?.[model]?.risk ?? null;
      const versions = await Promise.all((await data.datasets(project)).map((name) => data.find(project, name, "latest")));
      const personal = versions.find((one) => one?.personal !== undefined && one?.personal !== null && one.personal !== "none");
      return {
        answers,
        found: personal
          ? {
              personal_data: {
                value: "personal",
                says: `dataset ${personal.dataset} is declared ${personal.personal}`,
                evidence: [`data:${personal.dataset}@v${personal.number}`],
              },
            }
          : {},
      };
    },
  };
}

const numberIn = (bound: string | null): number | null => {
  const found = /-?\d+(?:\.\d+)?(?:e-?\d+)?/i.exec(bound ?? "")?.[0];
  return found === undefined ? null : Number(found);
};
/** The bound of a comparison is written `> 0.02`, `≥ −0.005`. */
const marginOf = (result: CheckResult): number => numberIn((result.bound ?? "").replace("−", "-")) ?? 0;
const rowsIn = (result: CheckResult): number =>
  typeof result.observed === "number" ? Math.round(result.observed * (result.observed <= 1 ? (result.rows ?? 0) : 1)) : 0;

type Monitors = NonNullable<ProjectFile["config"]["monitors"]>;
type Retention = ProjectFile["config"]["retention"];
const day = 86_400_000;

function routeFacts(
  name: string,
  route: RouteConfig,
  monitors: Monitors,
  backtests: ReadonlyMap<string, { alarmShare: number; evidence: string }>,
  retention: Retention,
): NonNullable<Facts["route"]> {
  const kept = retention?.["predictions"];
  return {
    name,
    logging: route.log ?? "fast",
    retention: {
      floorDays: kept?.floor === undefined ? null : kept.floor / day,
      ceilingDays: kept?.ceiling === undefined ? null : kept.ceiling / day,
    },
    labels:
      route.labels?.delay === undefined
        ? null
        : { from: route.labels.from === undefined ? "appended by the caller" : String(route.labels.from), delayMs: route.labels.delay },
    monitors: Object.entries(monitors)
      .filter(([, one]) => String(one.for) === `route:${name}`)
      .map(([monitor, one]) => ({ name: monitor, kinds: one.tests.map((test) => test.kind), backtest: backtests.get(monitor) ?? null })),
  };
}
