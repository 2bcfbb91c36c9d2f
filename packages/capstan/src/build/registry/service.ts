import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { LineageNode } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import { signatureOf } from "../inference/onnx.ts";
import { versionOfFiles } from "./artifacts.ts";
import {
  type Announcer,
  type ModelVersion,
  type NewArtifacts,
  type NewVersion,
  type Registered,
  type RegistryService,
  versionId,
  versionName,
  versionNode,
} from "./model.ts";
import { ensureModelChange, lastNumber, setTagsChange, takeNumber } from "./model-store.ts";
import { createModels, type Models } from "./models.ts";
import { aliasChanged, noAnnouncer, versionCreated } from "./notices.ts";
import { bundleDigest, bundlePartsOf, parseRef, refuseAlias } from "./rules.ts";
import {
  findByDigest,
  findByNumber,
  findByPrefix,
  insertVersion,
  listAliases,
  listLive,
  listVersions,
  removeAliasChange,
  setAliasChange,
} from "./store.ts";
import { lineageOf } from "./version-lineage.ts";

/** How often a verb decides again when another process was faster. */
const attempts = 5;

/** The registry, with its models by name and what people say about them and their versions. */
export type Registry = RegistryService & { readonly catalogue: Models };

export function createRegistryService(deps: { store: Store; announcer?: Announcer }): Registry {
  const { store, announcer = noAnnouncer } = deps;
  const { database, recorder } = store;
  const models = createModels({ store, announcer });

  /** Numbers of one model are given one after the other. */
  const queues = new Map<string, Promise<unknown>>();
  async function alone<T>(project: string, model: string, work: () => Promise<T>): Promise<T> {
    const name = `${project}/${model}`;
    const mine = (queues.get(name) ?? Promise.resolve()).then(work, work);
    queues.set(name, mine);
    try {
      return await mine;
    } finally {
      if (queues.get(name) === mine) queues.delete(name);
    }
  }
  async function decided<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        // Another caller took the number, or registered the same bytes: what is true now is looked at again.
        const lost = error instanceof CapstanError && (error.code === "CAP-EXISTS-001" || error.code === "CAP-MOVED-001");
        if (!lost || attempt === attempts) throw error;
      }
    }
  }

  const find = async (project: string, model: string, text: string): Promise<ModelVersion | undefined> => {
    const ref = parseRef(text);
    if (ref.kind === "number") return findByNumber(database, project, model, ref.number);
    if (ref.kind === "latest") return (await listVersions(database, project, model))[0];
    if (ref.kind === "digest") {
      // An alias may look like a digest; who gave it that name means it.
      const alias = (await listAliases(database, project, model)).find((one) => one.alias === text);
      if (alias) return findByNumber(database, project, model, alias.number);
      const [only, other] = await findByPrefix(database, project, model, ref.prefix);
      return other ? undefined : only;
    }
    const named =
      ref.kind === "live"
        ? (await listLive(database, project, model))[0]
        : (await listAliases(database, project, model)).find((one) => one.alias === ref.alias);
    return named && findByNumber(database, project, model, named.number);
  };
  const get = async (project: string, model: string, ref: string): Promise<ModelVersion> => {
    const version = await find(project, model, ref);
    if (!version) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "model version", name: `${model}@${ref}` });
    return version;
  };

  const registerOnce = async (wanted: NewVersion, caller: Caller): Promise<Registered> => {
    const known = await findByDigest(database, wanted.project, wanted.model, wanted.digest);
    if (known) return { version: known, created: false };
    const sizeBytes = await store.blobs.size(wanted.digest);
    if (sizeBytes === undefined) throw new CapstanError("CAP-STORE-006", { digest: wanted.digest });
    const signature = await signatureOf(await store.blobs.localPath(wanted.digest));
    const parts = bundlePartsOf(wanted, signature);
    const nowMs = store.clock.nowMs();
    const version: ModelVersion = {
      project: wanted.project,
      model: wanted.model,
      number: (await lastNumber(database, wanted.project, wanted.model)) + 1,
      form: "file",
      digest: wanted.digest,
      sizeBytes,
      runId: wanted.runId ?? null,
      step: wanted.step ?? null,
      params: wanted.params ?? {},
      metrics: wanted.metrics ?? {},
      checks: wanted.checks ?? [],
      signature,
      bundle: bundleDigest(parts),
      bundleParts: parts,
      entryId: recorder.newEntryId(),
      createdMs: nowMs,
      label: {
        description: null,
        stage: "None",
        source: null,
        location: null,
        statedRun: wanted.runId ?? null,
        runLink: null,
        loggedModel: null,
        updatedMs: nowMs,
      },
    };
    const node = versionNode(version.model, version.number);
    const nodes: LineageNode[] = [
      { id: `blob:${version.digest}`, kind: "blob", title: `model file of ${version.model}`, digest: version.digest, facts: { sizeBytes } },
      {
        id: node,
        kind: "model",
        title: `${version.model} ${versionName(version.number)}`,
        digest: version.digest,
        facts: { bundle: version.bundle, ...version.metrics },
      },
    ];
    const edges = [{ from: node, to: `blob:${version.digest}`, relation: "is" }];
    if (version.runId) edges.push({ from: node, to: `run:${version.runId}`, relation: "made by" });
    const source = `runs:/${version.runId ?? ""}`;
    const notices = await announcer.statements(
      version.project,
      versionCreated({ model: version.model, number: version.number, source, statedRun: version.runId, description: null }, {}),
    );
    await recorder.commit(
      [
        ...ensureModelChange(version.project, version.model, version.number, nowMs),
        ...insertVersion(version),
        ...recorder.lineage(nodes, edges, version.project),
        ...notices,
      ],
      [
        {
          id: version.entryId,
          action: "model.version.registered",
          subject: { type: "model", id: versionId(version.model, version.number), digest: version.digest },
          project: version.project,
          actor: caller.actor,
          ...withBecause(wanted.because ?? caller.because),
          payload: {
            model: version.model,
            version: version.number,
            bundle: version.bundle,
            run: version.runId,
            step: version.step,
            schema: parts.schema,
            params: version.params,
            metrics: version.metrics,
            checks: version.checks.map((check) => ({ suite: check.suite, verdict: check.verdict })),
            reason: wanted.reason,
          },
        },
      ],
    );
    store.events.emit("changed", { project: version.project, kind: "model", id: versionId(version.model, version.number) });
    announcer.told();
    return { version, created: true };
  };

  const registerArtifactsOnce = async (wanted: NewArtifacts, caller: Caller): Promise<ModelVersion> => {
    const { project, model, label } = wanted;
    await models.get(project, model);
    const nowMs = store.clock.nowMs();
    const version = await versionOfFiles(store, {
      project,
      model,
      number: (await lastNumber(database, project, model)) + 1,
      files: wanted.files,
      runId: wanted.runId,
      createdMs: nowMs,
      label: { ...label, stage: "None", updatedMs: nowMs },
    });
    const { nodes, edges } = lineageOf(version, wanted.copyOf);
    const about = { model, number: version.number, source: label.source ?? "", statedRun: label.statedRun, description: label.description };
    await recorder.commit(
      [
        takeNumber(project, model, version.number, nowMs),
        ...insertVersion(version),
        ...setTagsChange({ project, model, number: version.number }, wanted.tags),
        ...recorder.lineage(nodes, edges, project),
        ...(await announcer.statements(project, versionCreated(about, wanted.tags))),
      ],
      [
        {
          id: version.entryId,
          action: "model.version.registered",
          subject: { type: "model", id: versionId(model, version.number), digest: version.digest },
          project,
          actor: caller.actor,
          ...withBecause(caller.because),
          payload: {
            model,
            version: version.number,
            bundle: version.bundle,
            run: label.statedRun,
            source: label.source,
            location: label.location,
            loggedModel: label.loggedModel,
            description: label.description,
            files: wanted.files.length,
            tags: { ...wanted.tags },
          },
        },
      ],
    );
    store.events.emit("changed", { project, kind: "model", id: versionId(model, version.number) });
    announcer.told();
    return version;
  };

  return {
    find,
    get,
    catalogue: models,
    register: (wanted, caller) => alone(wanted.project, wanted.model, () => decided(() => registerOnce(wanted, caller))),
    registerArtifacts: (wanted, caller) => alone(wanted.project, wanted.model, () => decided(() => registerArtifactsOnce(wanted, caller))),
    async setAlias(change, caller) {
      const { project, model, alias } = change;
      const target = change.ref === null ? undefined : await get(project, model, change.ref);
      refuseAlias(model, alias, versionName(target?.number ?? 1));
      const before = (await listAliases(database, project, model)).find((one) => one.alias === alias);
      const about = target?.number ?? before?.number;
      if (about === undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "alias", name: `${model}@${alias}` });
      const entryId = recorder.newEntryId();
      const notices = aliasChanged(await models.isPrompt(project, model), model, alias, target?.number ?? null);
      await recorder.commit(
        [
          ...(target
            ? setAliasChange(project, { model, alias, number: target.number, atMs: store.clock.nowMs() }, entryId)
            : removeAliasChange(project, model, alias)),
          ...(await announcer.statements(project, notices)),
        ],
        [
          {
            id: entryId,
            action: target ? "model.alias.set" : "model.alias.removed",
            subject: { type: "model", id: versionId(model, about), ...(target && { digest: target.digest }) },
            project,
            actor: caller.actor,
            ...withBecause(change.because ?? caller.because),
            payload: { alias, version: target?.number ?? null, before: before?.number ?? null, reason: change.reason },
          },
        ],
      );
      store.events.emit("changed", { project, kind: "model", id: versionId(model, about) });
      announcer.told();
      return { number: target?.number ?? null, before: before?.number ?? null, entryId };
    },
    versions: (project, model) => listVersions(database, project, model),
    models: async (project) => [...new Set((await listVersions(database, project)).map((version) => version.model))],
    aliases: (project, model) => listAliases(database, project, model),
    live: (project, model) => listLive(database, project, model),
  };
}

const withBecause = (because: string | undefined): { because?: string } => (because === undefined ? {} : { because });
