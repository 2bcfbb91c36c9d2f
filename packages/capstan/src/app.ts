import type { OperationName, Operations } from "@capstan/contract/operations";
import { findOperation, routes } from "@capstan/contract/routes";
import type { InputOf, Operation, OutputOf } from "@capstan/contract";
import { basename, join } from "node:path";
import { accessMigrations } from "./base/access/migrations.ts";
import { accessHandlers } from "./base/access/operations.ts";
import { type AccessService, createAccessService } from "./base/access/service.ts";
import { systemClock } from "./base/foundation/clock.ts";
import type { Caller } from "./base/foundation/caller.ts";
import type { Environment } from "./base/foundation/environment.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import { openLog } from "./base/foundation/logger.ts";
import { noTracing, type Tracing } from "./base/foundation/tracing.ts";
import { projectMigrations } from "./base/projects/migrations.ts";
import { projectHandlers } from "./base/projects/operations.ts";
import { createProjectsService } from "./base/projects/service.ts";
import { viewHandlers } from "./base/projects/views.ts";
import { recordMigrations } from "./base/record/migrations.ts";
import { recordHandlers } from "./base/record/operations.ts";
import type { HostRecorder } from "./base/record/recorder.ts";
import { createRecordService } from "./base/record/service.ts";
import type { Store } from "./base/record/store.ts";
import { hostMigrations } from "./base/storage/hosts.ts";
import { createJobs, jobMigrations } from "./base/storage/jobs.ts";
import type { Migration } from "./base/storage/migrations.ts";
import { s3Place } from "./base/storage/s3-place.ts";
import { databaseName } from "./base/storage/store-place.ts";
import { trackedCheckRuns } from "./build/checks/check-runs.ts";
import { createDataRules } from "./build/checks/data-rules.ts";
import { checksMigrations } from "./build/checks/migrations.ts";
import { checksHandlers } from "./build/checks/operations.ts";
import { createChecksService } from "./build/checks/service.ts";
import { openAnalytics } from "./build/data/analytics.ts";
import { dataMigrations } from "./build/data/migrations.ts";
import { dataHandlers } from "./build/data/operations.ts";
import { createDataService } from "./build/data/service.ts";
import { loadOnnx } from "./build/inference/onnx.ts";
import { createLocalExecutor } from "./build/execution/local-executor.ts";
import { pipelineMigrations } from "./build/pipeline/migrations.ts";
import { commandHandlers } from "./build/pipeline/commands.ts";
import { pipelineHandlers } from "./build/pipeline/operations.ts";
import { createPipelineService } from "./build/pipeline/service.ts";
import { createProjectFileCache } from "./build/pipeline/config/project-file-cache.ts";
import { purposeMigrations } from "./build/purpose/migrations.ts";
import { purposeHandlers } from "./build/purpose/operations.ts";
import { createPurposeService } from "./build/purpose/service.ts";
import { registryMigrations } from "./build/registry/migrations.ts";
import { registryHandlers } from "./build/registry/operations.ts";
import { createRegistryService } from "./build/registry/service.ts";
import { exchangeMigrations } from "./build/exchange/migrations.ts";
import { exchangeHandlers } from "./build/exchange/operations.ts";
import { createExchangeService } from "./build/exchange/service.ts";
import { trackingMigrations } from "./build/tracking/migrations.ts";
import { trackingHandlers } from "./build/tracking/operations.ts";
import { runActHandlers } from "./build/tracking/run-acts.ts";
import { createTrackingService, runSeals } from "./build/tracking/service.ts";
import { runTableHandlers } from "./build/tracking/table/operations.ts";
import { traceHandlers } from "./build/tracking/traces/operations.ts";
import { parseInput, type Bound } from "./face/http/operations.ts";
import type { ShellParts, WireRoute } from "./face/http/server.ts";
import { incidentsMigrations } from "./operate/incidents/migrations.ts";
import { incidentsHandlers } from "./operate/incidents/operations.ts";
import { createIncidentsService } from "./operate/incidents/service.ts";
import { monitoringMigrations } from "./operate/monitoring/migrations.ts";
import { monitoringHandlers } from "./operate/monitoring/operations.ts";
import { createMonitoringService } from "./operate/monitoring/service.ts";
import { insightsMigrations } from "./operate/insights/migrations.ts";
import { insightsHandlers } from "./operate/insights/operations.ts";
import { createStations } from "./operate/insights/stations.ts";
import type { ProjectFolder } from "./project-folder.ts";
import { governanceMigrations } from "./ship/governance/migrations.ts";
import { governanceHandlers } from "./ship/governance/operations.ts";
import { createGovernanceService } from "./ship/governance/service.ts";
import { releaseMigrations } from "./ship/release/migrations.ts";
import { releaseHandlers } from "./ship/release/operations.ts";
import { createReleaseService } from "./ship/release/service.ts";
import { segmentSeals } from "./ship/serving/segment-seals.ts";
import { servingMigrations } from "./ship/serving/migrations.ts";
import { servingHandlers } from "./ship/serving/operations.ts";
import { createServingService } from "./ship/serving/service.ts";
import { version } from "./version.ts";
import { blobRoute } from "./wiring/blob-route.ts";
import { followOthers } from "./wiring/follow-others.ts";
import { createGateFacts } from "./wiring/gate-facts.ts";
import { inferenceRoutes } from "./wiring/inference-routes.ts";
import { jobHandlers } from "./wiring/job-operations.ts";
import { routeSettings } from "./wiring/route-settings.ts";
import { createModelSink } from "./wiring/model-sink.ts";
import { openStore } from "./wiring/opened-store.ts";
import { createReferenceRows } from "./wiring/reference-rows.ts";
import { createSchedules } from "./wiring/schedules.ts";
import { createStepOutputs } from "./wiring/step-outputs.ts";
import { createTriggerRun } from "./wiring/trigger-run.ts";
import { createSuiteRunner } from "./wiring/suite-runner.ts";
import { createSuiteSource } from "./wiring/suite-source.ts";

export type AppOptions = {
  place: ProjectFolder;
  environment: Environment;
  /** `host`: writes, holds the lease. `read`: looks only, in this process. */
  mode: "host" | "read";
  artifactRoot?: string;
  artifactsDestination?: string;
};

export type App = {
  readonly store: Store & { readonly recorder: HostRecorder };
  readonly access: AccessService;
  readonly tracing: Tracing;
  readonly operations: readonly Bound[];
  readonly wire: readonly WireRoute[];
  readonly unknownBelow: ShellParts["unknownBelow"];
  call<K extends OperationName>(name: K, input: InputOf<Operations[K]>, caller: Caller): Promise<OutputOf<Operations[K]>>;
  metrics(): Promise<string>;
  /** Begins what a host does by itself, once its address is known. */
  start(host: { url: string }): Promise<void>;
  /** Ends that again, leaving running steps alive. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** Every table's room, in the order of the house. */
export const migrations: readonly Migration[] = [
  ...hostMigrations,
  ...jobMigrations,
  ...recordMigrations,
  ...accessMigrations,
  ...projectMigrations,
  ...dataMigrations,
  ...purposeMigrations,
  ...trackingMigrations,
  ...checksMigrations,
  ...pipelineMigrations,
  ...registryMigrations,
  ...exchangeMigrations,
  ...governanceMigrations,
  ...servingMigrations,
  ...releaseMigrations,
  ...monitoringMigrations,
  ...incidentsMigrations,
  ...insightsMigrations,
];

/** How often runs without contact are looked for. */
const staleLookMs = 3_600_000;

/** Opens one store and builds every room on it. May be called twice in one process, on two folders. */
export async function openApp(options: AppOptions): Promise<App> {
  const { place, environment, mode } = options;
  const folder = place.storeFolder;
  const log = openLog(environment.logLevel, mode === "host" ? join(folder, "logs", "host.log") : undefined);
  const opened = await openStore({ place, environment, mode, migrations, clock: systemClock, log });
  const { store, hosts } = opened;
  const { database } = store;
  const tracing = await openTracing(environment, mode);
  const shared = database.dialect === "postgres";

  const jobs = createJobs({ ...store, tracing }, shared ? { project: place.project } : {});
  const access = createAccessService({ store, user: environment.user });
  const projects = createProjectsService({ store });
  const record = createRecordService({ store, tilesFolder: join(folder, "tiles") });
  const analytics = openAnalytics({ memoryLimit: "4GB", tempFolder: join(folder, "tmp") });
  const tracking = createTrackingService({ store });
  record.addSealCheck(runSeals(tracking, store));
  // Loading counts: who only reads speaks no protocol and tells nobody.
  const wires = mode === "host" ? await loadWires() : undefined;
  const webhooks = wires?.createRegistryWebhooks({ store, environment });
  const registry = createRegistryService({ store, ...(webhooks && { announcer: webhooks.announcer }) });
  const exchange = createExchangeService({ store, tracking, registry, s3: (uri) => s3Place(uri, environment) });
  const stations = createStations({ store });
  const purpose = createPurposeService({ store, analytics });
  const handlers: Record<string, (input: never, caller: Caller) => Promise<unknown>> = {};
  const show = (project: string, run: string) => handlers["pipeline.show"]?.({ project, run } as never, access.local) as never;
  const outputs = createStepOutputs({ show, tracking });

  // Data asks its rules of checks, which stands later and reads data: the two are tied here.
  const data = createDataService({ store, analytics, rules: { judge: (offer, caller, because) => rules.judge(offer, caller, because) } });
  const projectFile = createProjectFileCache({
    folder: place.folder,
    // In the bundle the name of this file is a digest of the program.
    ...(import.meta.url.endsWith(".js") && {
      kept: { path: join(place.localFolder, "project-file.json"), program: basename(import.meta.url) },
    }),
  });
  const suites = createSuiteSource({ store, projectFile, project: place.project, data, registry, analytics, outputs });
  const checks = createChecksService({
    store,
    analytics,
    data,
    runs: trackedCheckRuns(tracking),
    resolve: async (project, reference) => suites.against(project, reference),
  });
  const rules = createDataRules(checks, suites.ofDataset);

  const mlflow =
    webhooks &&
    wires?.createMlflowWire({
      tracking,
      store,
      home: place.project,
      folder: place.folder,
      ...(options.artifactRoot !== undefined && { artifactRoot: options.artifactRoot }),
      ...(options.artifactsDestination !== undefined && { artifactsDestination: options.artifactsDestination }),
      registry,
      webhooks,
      environment,
    });
  let endpoint: string | null = null;
  const pipeline = createPipelineService({
    store,
    tracking,
    data,
    executor: createLocalExecutor(),
    variables: environment.variables,
    endpoint: () => endpoint,
    plainFile: (folder) => (folder === place.folder ? projectFile() : createProjectFileCache({ folder })()),
    folderOf: async (project) => {
      if (project === place.project) return place.folder;
      const { folder: known } = await projects.get(project);
      if (known === null) throw new CapstanError("CAP-CONFIG-001", { file: "capstan.yaml" });
      return known;
    },
    tokens: { issue: ({ project, run, ttlMs }) => access.issueAttempt(run, project, ttlMs), revoke: (run) => access.endAttempt(run) },
    ...(mlflow && { spooled: { take: (spool, of) => mlflow.takeSpooled(spool, access.attemptCaller(of.run, of.project)) } }),
    models: createModelSink({ registry, tracking }),
    suites: createSuiteRunner(checks),
    tracing,
    hosts,
  });

  const serving = createServingService({ store, engine: analytics, load: loadOnnx, version });
  record.addSealCheck(segmentSeals(store));
  const configs = {
    async config(project: string) {
      if (project !== place.project) return undefined;
      const { config, errors } = await projectFile();
      return errors.length === 0 ? config : undefined;
    },
  };
  const incidents = createIncidentsService({ store, configs });
  const monitoring = createMonitoringService({
    store,
    analytics,
    registry,
    configs,
    incidents,
    jobs,
    predictions: serving,
    reference: createReferenceRows({ database, pipeline, data }),
  });
  const facts = createGateFacts({
    projectFile,
    project: place.project,
    record,
    tracking,
    data,
    checks,
    registry,
    purpose,
    later: {
      async backtests(project) {
        const found = new Map<string, { alarmShare: number; evidence: string }>();
        for (const monitor of await monitoring.monitors(project)) {
          const known = await monitoring.lastBacktest(project, monitor.name);
          if (known && known.cells > 0)
            found.set(monitor.name, { alarmShare: known.alarms / known.cells, evidence: `entry:${known.entryId}` });
        }
        return found;
      },
      incidents: (project, model) => incidents.facts(project, model),
      release: (project, model, number) => releases.exposure(project, model, number),
    },
  });
  const governance = createGovernanceService({ store, record, facts });
  const releases = createReleaseService({
    store,
    serving,
    registry,
    gate: {
      async evaluate(question) {
        const gate = await governance.gate(question);
        // A question that nobody answered counts as its worst, but may be overridden with a reason; an answer that forbids may not.
        const forbidden = gate.risk.prohibited && !gate.risk.unanswered.includes("prohibited");
        return {
          verdict: gate.verdict,
          dossierDigest: gate.dossier,
          results: gate.results,
          policy: gate.policy.digest,
          ...(forbidden && { forbidden: gate.results.find((one) => one.id === "risk-1")?.observed ?? "its use" }),
        };
      },
    },
    incidents,
    ...(shared && { duties: hosts }),
  });

  if (mode === "host") {
    await projects.ensure("default", null, access.system("projects"));
    await projects.ensure(place.project, place.folder, access.system("projects"));
  }

  Object.assign(
    handlers,
    accessHandlers(access, async (name) => (await projects.find(name)) !== undefined),
    projectHandlers(projects),
    viewHandlers(store),
    recordHandlers(record, store),
    dataHandlers(data, store),
    trackingHandlers(tracking, store, analytics),
    runTableHandlers(tracking, store),
    runActHandlers(tracking),
    traceHandlers(tracking, store),
    registryHandlers(registry, store),
    exchangeHandlers(exchange),
    stations,
    jobHandlers(jobs),
    purposeHandlers(purpose, async (project, reference) => {
      const subject = await suites.subject(project, reference);
      return { paths: subject.paths ?? [], name: subject.name, digest: subject.digest ?? "" };
    }),
    checksHandlers(checks, suites),
    pipelineHandlers(pipeline),
    commandHandlers(pipeline.commands),
    governanceHandlers(governance, store, record),
    servingHandlers(serving, store),
    releaseHandlers(releases, serving, store, configs),
    monitoringHandlers(monitoring, store),
    incidentsHandlers(incidents, store, async (project, model) => {
      const { tier, level } = await governance.risk(project, model);
      return { tier, level };
    }),
    insightsHandlers({
      store,
      record,
      registry,
      tracking,
      pipeline,
      releases,
      stations,
      version,
      ask: async (name, input, caller) => {
        const handle = handlers[name];
        if (!handle) throw new CapstanError("CAP-REQUEST-002", { path: name });
        return (await handle(input as never, caller)) as never;
      },
      projects: projects.list,
      place: {
        name: place.project,
        folder: place.database === undefined ? place.localFolder : databaseName(place.database),
        reach: shared ? "every process that has its address" : "this machine only",
      },
    }),
  );
  const triggerRun = createTriggerRun({ projectFile, access, pipeline, registry, checks, suites });
  jobs.register("trigger.run", triggerRun);
  const schedules = createSchedules({ store, jobs, access, project: place.project, projectFile, run: triggerRun });
  const startRelease = handlers["releases.start"];
  if (startRelease) {
    // Routes are declared in capstan.yaml; what it says now is in force before anything moves on one.
    handlers["releases.start"] = async (input: never, caller) => {
      const { project, route } = input as { project: string; route: string };
      const declared = project === place.project ? (await projectFile()).config.routes?.[route] : undefined;
      if (declared) await serving.ensureRoute(routeSettings(project, route, declared), caller);
      return startRelease(input, caller);
    };
  }
  const admitted = async (name: OperationName, input: Record<string, unknown>, caller: Caller): Promise<unknown> => {
    const route = routes[name];
    if (route?.bare) {
      access.authorize(caller, route.capability, String(input["project"]));
      return input;
    }
    const operation = await findOperation(name);
    if (!operation) throw new CapstanError("CAP-REQUEST-002", { path: name });
    access.authorize(caller, operation.capability, input["project"] as string | undefined, operation.wholeStore);
    return parseInput(name, operation, input);
  };
  const run = handlers["pipeline.run"];
  if (mode === "read" && run) {
    // What an ended host left is for the next host to close, also when nothing is left to run.
    handlers["pipeline.run"] = async (input, caller) => {
      if ((await pipeline.sql.openRuns()).length > 0) throw new CapstanError("CAP-STORE-004", {});
      return run(input, caller);
    };
  }
  // Who only reads makes the schemas of what it asks, not of the whole table.
  const { operations } = mode === "host" ? await import("@capstan/contract/operations") : { operations: {} };
  const bound: Bound[] = Object.entries(operations).flatMap(([name, operation]) => {
    const handle = handlers[name];
    return handle
      ? [{ name, operation: operation as Operation, handle: (input: unknown, caller: Caller) => handle(input as never, caller) }]
      : [];
  });
  let ticking: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  const lookForStale = (): void =>
    void tracking.sealStaleRuns().catch((error: unknown) => log.error("tracking.stale", { error: String(error) }));
  let stopFollowing: (() => Promise<void>) | undefined;
  let metricsPage: (() => Promise<string>) | undefined;

  return {
    store,
    access,
    tracing,
    operations: bound,
    wire: [
      blobRoute(store),
      ...inferenceRoutes(serving),
      ...(wires ? [wires.runsFileRoute(tracking, store, analytics, join(folder, "tmp")), ...wires.ingestRoutes(tracking, store)] : []),
      ...(mlflow?.routes ?? []),
    ],
    unknownBelow: wires?.unknownBelow ?? [],
    async call(name, input, caller) {
      const handle = handlers[name];
      if (!handle) throw new CapstanError("CAP-REQUEST-002", { path: name });
      const parsed = await admitted(name, input as Record<string, unknown>, caller);
      return tracing.span(name, {}, async () => (await handle(parsed as never, caller)) as never);
    },
    metrics: async () => {
      metricsPage ??= (await import("./wiring/metrics.ts")).createMetricsPage({ record, serving, projects: projects.list });
      return metricsPage();
    },
    async start(host) {
      endpoint = host.url;
      await opened.start();
      await serving.open();
      await releases.open();
      await pipeline.adopt();
      await jobs.reclaim();
      if (shared) stopFollowing = followOthers({ store, serving, releases, pipeline });
      ticking = setInterval(() => void releases.tick().catch((error: unknown) => log.error("release", { error: String(error) })), 100);
      looking = setInterval(lookForStale, staleLookMs).unref();
      setTimeout(lookForStale, 60_000).unref();
      jobs.start();
      schedules.start();
      webhooks?.start();
      void mlflow?.removeAbandoned().catch((error: unknown) => log.warn("uploads.abandoned", { error: String(error) }));
    },
    async stop() {
      clearInterval(ticking);
      clearInterval(looking);
      schedules.stop();
      await stopFollowing?.();
      // A job may wait for a pipeline run, whose steps go on without us: it gives itself back as soon as the run is left.
      const givenBack = Promise.all([jobs.stop(), webhooks?.stop()]);
      await exchange.close();
      await pipeline.close();
      await givenBack;
      await releases.close();
      await serving.close();
    },
    async close() {
      await tracking.idle();
      await tracking.close();
      await opened.close();
      await record.idle();
      await analytics.close();
      await database.close();
      await tracing.close();
    },
  };
}

/** What speaks to clients; a third of the program, with every schema that it needs. */
async function loadWires() {
  const { createMlflowWire, createRegistryWebhooks, unknownBelow } = await import("./wiring/mlflow-wire.ts");
  const { runsFileRoute } = await import("./wiring/runs-file.ts");
  const { ingestRoutes } = await import("./build/tracking/ingest/routes.ts");
  return { createMlflowWire, createRegistryWebhooks, unknownBelow, runsFileRoute, ingestRoutes };
}

/** Commands that only look end too soon to be watched. */
async function openTracing({ otlpEndpoint, otlpService }: Environment, mode: AppOptions["mode"]): Promise<Tracing> {
  if (otlpEndpoint === undefined || mode === "read") return noTracing;
  const { openOtlpTracing } = await import("./base/foundation/otlp-tracing.ts");
  return openOtlpTracing({ endpoint: otlpEndpoint, service: otlpService, version });
}
