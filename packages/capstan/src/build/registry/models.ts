import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import { type Announcer, type Model, type ModelVersion, type Notice, type Stage, versionId, versionName, versionNode } from "./model.ts";
import {
  createModelChange,
  deleteModelChange,
  deleteVersionChange,
  describeModelChange,
  findHolder,
  findModel,
  labelVersionChange,
  listModels,
  modelTags,
  removeTagChange,
  renameModelChange,
  setTagsChange,
  type Tags,
  touchModel,
  versionTags,
} from "./model-store.ts";
import { kindOf, modelCreated, notice } from "./notices.ts";
import { findByNumber, listLatest, listLive, listVersions } from "./store.ts";

type Named = { project: string; model: string };
type Numbered = Named & { number: number };

/** Verbs on models and on what people say about versions: descriptions, tags, stages. Each change is an entry. */
export function createModels({ store, announcer }: { store: Store; announcer: Announcer }) {
  const { database, recorder, clock } = store;

  async function get(project: string, name: string): Promise<Model> {
    const model = await findModel(database, project, name);
    if (!model) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "model", name });
    return model;
  }
  async function version({ project, model, number }: Numbered): Promise<ModelVersion> {
    const found = await findByNumber(database, project, model, number);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "model version", name: `${model}@${versionName(number)}` });
    return found;
  }

  /** Rows, entry and notices in one transaction. A model or version that is gone meanwhile is not found. */
  async function commit(
    at: Named & { number?: number; digest?: string },
    change: Change,
    action: string,
    payload: { [key: string]: Json | undefined },
    caller: Caller,
    notices: readonly Notice[] = [],
  ): Promise<void> {
    const id = at.number === undefined ? at.model : versionId(at.model, at.number);
    const entry: EntryDraft = {
      action,
      subject: { type: "model", id, ...(at.digest !== undefined && { digest: at.digest }) },
      project: at.project,
      actor: caller.actor,
      ...(caller.because !== undefined && { because: caller.because }),
      payload,
    };
    await recorder.commit([...change, ...(await announcer.statements(at.project, notices))], [entry]);
    store.events.emit("changed", { project: at.project, kind: "model", id });
    announcer.told();
  }

  /** What traffic or evidence depends on is neither deleted nor renamed. */
  async function refuseHeld(project: string, model: string, numbers: readonly number[], action: string): Promise<void> {
    const live = (await listLive(database, project, model)).find((one) => numbers.includes(one.number));
    for (const number of numbers) {
      const holder =
        live?.number === number ? { holder: `route:${live.route}` } : await findHolder(database, project, versionNode(model, number));
      if (holder)
        throw new CapstanError("CAP-STATE-001", {
          noun: "model version",
          name: `${model}@${versionName(number)}`,
          state: `held by ${holder.holder}`,
          action,
        });
    }
  }
  const numbersOf = async (project: string, model: string): Promise<number[]> =>
    (await listVersions(database, project, model)).map((one) => one.number);
  const tagsOf = async (project: string, name: string): Promise<Record<string, string>> =>
    (await modelTags(database, project, [name])).get(name) ?? {};
  const isPrompt = async (project: string, name: string): Promise<boolean> => kindOf(await tagsOf(project, name)) === "prompt";

  return {
    get,
    find: (project: string, name: string) => findModel(database, project, name),
    list: (project: string): Promise<Model[]> => listModels(database, project),
    tags: (project: string, names?: readonly string[]) => modelTags(database, project, names),
    versionTags: (project: string, names?: readonly string[]) => versionTags(database, project, names),
    /** The newest version of each stage, of each of these models. */
    latest: (project: string, names: readonly string[]): Promise<ModelVersion[]> => listLatest(database, project, names),
    version,

    async create(one: Named & { description: string | null; tags: Tags }, caller: Caller): Promise<Model> {
      const { project, model, description, tags } = one;
      if (await findModel(database, project, model)) throw new CapstanError("CAP-EXISTS-001", { noun: "model", name: model });
      try {
        await commit(
          one,
          [...createModelChange(project, model, description, clock.nowMs()), ...setTagsChange({ project, model }, tags)],
          "model.created",
          { description, tags: { ...tags } },
          caller,
          modelCreated(model, description, tags),
        );
      } catch (error) {
        if (error instanceof CapstanError && error.code === "CAP-MOVED-001")
          throw new CapstanError("CAP-EXISTS-001", { noun: "model", name: model });
        throw error;
      }
      return get(project, model);
    },
    async describe(at: Named, description: string, caller: Caller): Promise<Model> {
      await get(at.project, at.model);
      await commit(at, describeModelChange(at.project, at.model, description, clock.nowMs()), "model.described", { description }, caller);
      return get(at.project, at.model);
    },
    async rename(at: Named, to: string, caller: Caller): Promise<Model> {
      const model = await get(at.project, at.model);
      if (to !== at.model) {
        if (await findModel(database, at.project, to)) throw new CapstanError("CAP-EXISTS-001", { noun: "model", name: to });
        const versions = await listVersions(database, at.project, at.model);
        await refuseHeld(
          at.project,
          at.model,
          versions.map((one) => one.number),
          "renamed",
        );
        const lineage = recorder.lineage(
          versions.map((one) => ({
            id: versionNode(to, one.number),
            kind: "model",
            title: `${to} ${versionName(one.number)}`,
            digest: one.digest,
            facts: { bundle: one.bundle },
          })),
          versions.map((one) => ({ from: versionNode(to, one.number), to: versionNode(at.model, one.number), relation: "was" })),
          at.project,
        );
        await commit(
          at,
          [...renameModelChange(model, to, model.lastNumber, clock.nowMs()), ...lineage],
          "model.renamed",
          { from: at.model, to, versions: versions.length },
          caller,
        );
        store.events.emit("changed", { project: at.project, kind: "model", id: to });
      }
      return get(at.project, to);
    },
    async remove(at: Named, caller: Caller): Promise<void> {
      const model = await get(at.project, at.model);
      const numbers = await numbersOf(at.project, at.model);
      await refuseHeld(at.project, at.model, numbers, "deleted");
      await commit(at, deleteModelChange(model, clock.nowMs()), "model.deleted", { versions: numbers }, caller);
    },
    async setTag(at: Named, key: string, value: string, caller: Caller): Promise<void> {
      await get(at.project, at.model);
      const notices = (await isPrompt(at.project, at.model)) ? [notice("PROMPT_TAG", "SET", { name: at.model, key, value })] : [];
      await commit(at, setTagsChange(at, { [key]: value }), "model.tag.set", { key, value }, caller, notices);
    },
    /** Removing what is not there is no change. */
    async removeTag(at: Named, key: string, caller: Caller): Promise<void> {
      await get(at.project, at.model);
      const tags = await tagsOf(at.project, at.model);
      const notices = kindOf(tags) === "prompt" ? [notice("PROMPT_TAG", "DELETED", { name: at.model, key })] : [];
      if (Object.hasOwn(tags, key)) await commit(at, removeTagChange(at, key), "model.tag.removed", { key }, caller, notices);
    },

    async describeVersion(at: Numbered, description: string, caller: Caller): Promise<ModelVersion> {
      const { digest } = await version(at);
      await commit(
        { ...at, digest },
        labelVersionChange(at.project, at.model, at.number, { description }, clock.nowMs()),
        "model.version.described",
        { description },
        caller,
      );
      return version(at);
    },
    /** A stage is a label: it moves no traffic. With `archive`, other versions of that stage become Archived. */
    async setStage(at: Numbered, stage: Stage, archive: boolean, caller: Caller): Promise<ModelVersion> {
      const { digest, label } = await version(at);
      const nowMs = clock.nowMs();
      const others = archive
        ? (await listVersions(database, at.project, at.model)).filter((one) => one.number !== at.number && one.label.stage === stage)
        : [];
      await commit(
        { ...at, digest },
        [
          touchModel(at.project, at.model, nowMs),
          ...labelVersionChange(at.project, at.model, at.number, { stage }, nowMs),
          ...others.flatMap((one) => labelVersionChange(at.project, at.model, one.number, { stage: "Archived" }, nowMs)),
        ],
        "model.version.staged",
        { stage, before: label.stage, archived: others.map((one) => one.number) },
        caller,
      );
      return version(at);
    },
    async removeVersion(at: Numbered, caller: Caller): Promise<void> {
      const { digest } = await version(at);
      await refuseHeld(at.project, at.model, [at.number], "deleted");
      await commit(
        { ...at, digest },
        [touchModel(at.project, at.model, clock.nowMs()), ...deleteVersionChange(at.project, at.model, at.number)],
        "model.version.deleted",
        {},
        caller,
      );
    },
    async setVersionTag(at: Numbered, key: string, value: string, caller: Caller): Promise<void> {
      const { digest } = await version(at);
      const entity = (await isPrompt(at.project, at.model)) ? "PROMPT_VERSION_TAG" : "MODEL_VERSION_TAG";
      await commit({ ...at, digest }, setTagsChange(at, { [key]: value }), "model.version.tag.set", { key, value }, caller, [
        notice(entity, "SET", { name: at.model, version: String(at.number), key, value }),
      ]);
    },
    async removeVersionTag(at: Numbered, key: string, caller: Caller): Promise<void> {
      const { digest } = await version(at);
      const tags = (await versionTags(database, at.project, [at.model], at.number)).get(versionId(at.model, at.number)) ?? {};
      if (!Object.hasOwn(tags, key)) return;
      const entity = (await isPrompt(at.project, at.model)) ? "PROMPT_VERSION_TAG" : "MODEL_VERSION_TAG";
      await commit({ ...at, digest }, removeTagChange(at, key), "model.version.tag.removed", { key }, caller, [
        notice(entity, "DELETED", { name: at.model, version: String(at.number), key }),
      ]);
    },
    isPrompt,
  };
}
export type Models = ReturnType<typeof createModels>;
