import type { registryOperations } from "@capstan/contract/operations/registry";
import { toTime } from "../../base/foundation/clock.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { Store } from "../../base/record/store.ts";
import { type Alias, type Live, type ModelVersion, versionId, versionName, versionNode } from "./model.ts";
import type { Registry } from "./service.ts";
import { actorsOf, dependenciesOf, type Happening, listHappenings } from "./store.ts";

export const registryHandlers = (service: Registry, store: Store): Handlers<typeof registryOperations> => {
  const summaries = async (versions: readonly ModelVersion[], aliases: readonly Alias[], live: readonly Live[]) => {
    const actors = await actorsOf(
      store.database,
      versions.map((version) => version.entryId),
    );
    return versions.map((version) => ({
      version: versionName(version.number),
      digest: version.digest,
      bundle: version.bundle,
      run: version.runId,
      step: version.step,
      aliases: aliases.filter((one) => one.model === version.model && one.number === version.number).map((one) => one.alias),
      live: live.some((one) => one.model === version.model && one.number === version.number),
      createdAt: toTime(version.createdMs),
      actor: actors.get(version.entryId) ?? "",
      entry: version.entryId,
    }));
  };
  const modelSummary = (versions: readonly ModelVersion[], aliases: readonly Alias[], live: readonly Live[]) => {
    const newest = versions[0];
    if (!newest) throw new CapstanError("CAP-INTERNAL-001", { what: "a model without versions" });
    const serving = live.find((one) => one.model === newest.model);
    return {
      model: newest.model,
      versions: versions.length,
      latest: versionName(newest.number),
      live: serving ? versionName(serving.number) : null,
      liveSince: serving ? toTime(serving.sinceMs) : null,
      aliases: Object.fromEntries(aliases.filter((one) => one.model === newest.model).map((one) => [one.alias, versionName(one.number)])),
      updatedAt: toTime(Math.max(newest.createdMs, serving?.sinceMs ?? 0)),
    };
  };

  return {
    async "models.list"({ project }) {
      const [models, aliases, live] = await Promise.all([service.models(project), service.aliases(project), service.live(project)]);
      const all = await Promise.all(models.map((model) => service.versions(project, model)));
      return { models: all.map((versions) => modelSummary(versions, aliases, live)) };
    },
    async "models.get"({ project, model }) {
      const [versions, aliases, live] = await Promise.all([
        service.versions(project, model),
        service.aliases(project, model),
        service.live(project, model),
      ]);
      if (versions.length === 0) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "model", name: model });
      const [known, tags] = await Promise.all([service.catalogue.find(project, model), service.catalogue.tags(project, [model])]);
      return {
        ...modelSummary(versions, aliases, live),
        description: known?.description || null,
        tags: tags.get(model) ?? {},
        list: await summaries(versions, aliases, live),
      };
    },
    async "models.version"({ project, model, version: ref }) {
      const version = await service.get(project, model, ref);
      const node = versionNode(model, version.number);
      const [tags, aliases, live, happenings, data] = await Promise.all([
        service.catalogue.versionTags(project, [model]),
        service.aliases(project, model),
        service.live(project, model),
        listHappenings(store.database, project, node, versionId(model, version.number)),
        dependenciesOf(store.database, project, version.runId ? [node, `run:${version.runId}`] : [node]),
      ]);
      const [summary] = await summaries([version], aliases, live);
      if (!summary) throw new CapstanError("CAP-INTERNAL-001", { what: "a version without a summary" });
      const serving = live.find((one) => one.number === version.number);
      return {
        model,
        ...summary,
        liveSince: serving ? toTime(serving.sinceMs) : null,
        description: version.label.description || null,
        tags: tags.get(versionId(model, version.number)) ?? {},
        stage: version.label.stage,
        form: version.form,
        source: version.label.source,
        loggedModel: version.label.loggedModel,
        sizeBytes: version.sizeBytes,
        signature: { inputs: version.signature.inputs.map(columnOut), outputs: version.signature.outputs.map(columnOut) },
        params: { ...version.params },
        metrics: { ...version.metrics },
        data,
        bundleParts: { ...version.bundleParts, thresholds: { ...version.bundleParts.thresholds }, flags: { ...version.bundleParts.flags } },
        checks: version.checks.map(({ suite, verdict, run, entry }) => ({ suite, verdict, run, entry })),
        history: happenings.map(happeningOut),
      };
    },
    async "models.register"(input, caller) {
      let digest = input.digest;
      if (input.file !== undefined) {
        // A path on the host's machine is for who sits at it.
        if (caller.via !== "session" && caller.via !== "system")
          throw new CapstanError("CAP-USAGE-001", {
            problem: "a file by path is for a local session; upload it and give its digest",
            verb: "register",
          });
        digest = (await store.blobs.putFile(input.file)).digest;
      }
      if (digest === undefined)
        throw new CapstanError("CAP-USAGE-001", { problem: "give the file, or the digest of a blob", verb: "register" });
      const { version, created } = await service.register(
        {
          project: input.project,
          model: input.model,
          digest,
          ...(input.run !== undefined && { runId: input.run }),
          ...(input.step !== undefined && { step: input.step }),
          ...(input.params && { params: input.params as { [key: string]: Json } }),
          ...(input.metrics && { metrics: input.metrics }),
          ...(input.thresholds && { thresholds: input.thresholds }),
          ...(input.flags && { flags: input.flags }),
          ...(input.reason !== undefined && { reason: input.reason }),
        },
        caller,
      );
      if (input.alias !== undefined)
        await service.setAlias(
          { project: input.project, model: input.model, alias: input.alias, ref: versionName(version.number) },
          caller,
        );
      return { model: input.model, version: versionName(version.number), digest, bundle: version.bundle, created, entry: version.entryId };
    },
    async "models.describe"({ project, model, version: ref, description }, caller) {
      if (ref === undefined) {
        await service.catalogue.describe({ project, model }, description, caller);
        return { model, version: null, description };
      }
      const { number } = await service.get(project, model, ref);
      await service.catalogue.describeVersion({ project, model, number }, description, caller);
      return { model, version: versionName(number), description };
    },
    async "models.alias"(input, caller) {
      const { number, before, entryId } = await service.setAlias(
        {
          project: input.project,
          model: input.model,
          alias: input.alias,
          ref: input.version,
          ...(input.reason !== undefined && { reason: input.reason }),
        },
        caller,
      );
      return {
        model: input.model,
        alias: input.alias,
        version: number === null ? null : versionName(number),
        before: before === null ? null : versionName(before),
        entry: entryId,
      };
    },
  };
};

const columnOut = (column: ModelVersion["signature"]["inputs"][number]) => ({
  name: column.name,
  datatype: column.datatype,
  shape: [...column.shape],
});

/** One line of what an entry says, from its payload; an erased one still has its place. */
function happeningOut(one: Happening): { at: string; action: string; what: string; actor: string; entry: string } {
  const payload = (one.payload ? JSON.parse(one.payload) : {}) as Record<string, unknown>;
  const parts = ["alias", "from", "to", "because", "reason"].flatMap((key) =>
    typeof payload[key] === "string" ? [`${key} ${payload[key]}`] : [],
  );
  return { at: toTime(one.atMs), action: one.action, what: parts.join(", "), actor: one.actor ?? "", entry: one.id };
}
