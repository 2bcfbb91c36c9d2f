import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { LineageNode } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import { signatureOf } from "../inference/onnx.ts";
import { type ModelVersion, type NewVersion, type Registered, type RegistryService, versionId, versionName, versionNode } from "./model.ts";
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

/** How often a verb decides again when someone else was faster. */
const attempts = 3;

export function createRegistryService(deps: { store: Store }): RegistryService {
  const { store } = deps;
  const { database, recorder } = store;

  const find = async (project: string, model: string, text: string): Promise<ModelVersion | undefined> => {
    const ref = parseRef(text);
    if (ref.kind === "number") return findByNumber(database, project, model, ref.number);
    if (ref.kind === "latest") return (await listVersions(database, project, model))[0];
    if (ref.kind === "digest") {
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
    const newest = (await listVersions(database, wanted.project, wanted.model))[0];
    const version: ModelVersion = {
      project: wanted.project,
      model: wanted.model,
      number: (newest?.number ?? 0) + 1,
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
      createdMs: store.clock.nowMs(),
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
    await recorder.commit(
      [...insertVersion(version), ...recorder.lineage(nodes, edges, version.project)],
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
    return { version, created: true };
  };

  return {
    find,
    get,
    async register(wanted, caller) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await registerOnce(wanted, caller);
        } catch (error) {
          // Another caller took the number, or registered the same bytes: what is true now is looked at again.
          if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001") || attempt === attempts) throw error;
        }
      }
    },
    async setAlias(change, caller) {
      const { project, model, alias } = change;
      const target = change.ref === null ? undefined : await get(project, model, change.ref);
      refuseAlias(model, alias, versionName(target?.number ?? 1));
      const before = (await listAliases(database, project, model)).find((one) => one.alias === alias);
      const about = target?.number ?? before?.number;
      if (about === undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "alias", name: `${model}@${alias}` });
      const entryId = recorder.newEntryId();
      await recorder.commit(
        target
          ? setAliasChange(project, { model, alias, number: target.number, atMs: store.clock.nowMs() }, entryId)
          : removeAliasChange(project, model, alias),
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
      return { number: target?.number ?? null, before: before?.number ?? null, entryId };
    },
    versions: (project, model) => listVersions(database, project, model),
    models: async (project) => [...new Set((await listVersions(database, project)).map((version) => version.model))],
    aliases: (project, model) => listAliases(database, project, model),
    live: (project, model) => listLive(database, project, model),
  };
}

const withBecause = (because: string | undefined): { because?: string } => (because === undefined ? {} : { because });
