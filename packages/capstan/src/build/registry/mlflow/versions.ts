import type { Caller } from "../../../base/foundation/caller.ts";
import { messages, requiredText, text } from "../../tracking/mlflow/fields.ts";
import { invalid, WireFailure } from "../../tracking/mlflow/failures.ts";
import { versionLocation } from "../../tracking/mlflow/artifact-places.ts";
import { artifactUriOf } from "../../tracking/mlflow/messages.ts";
import type { Input } from "../../tracking/mlflow/model.ts";
import type { ModelVersion } from "../model.ts";
import { kindOf } from "../notices.ts";
import { sourceOf, versionMessage } from "./messages.ts";
import type { RegistrySurface } from "./model.ts";
import { modelName, stageOf, tagOf, versionNumber } from "./names.ts";
import { type Answer, besideOf, type Described } from "./route.ts";
import { searched, searchedVersions } from "./search.ts";
import { filesAt, isLocal, modelUri, refuseOutside, refuseTricks } from "./sources.ts";

type At = { project: string; model: string; number: number };

/** Versions of registered models. */
export function versionRoutes(whole: RegistrySurface): Described[] {
  const { surface, registry, sourcePattern } = whole;
  const { catalogue } = registry;

  /** The logged model of this id, if the caller may see it. */
  async function loggedModel(id: string, caller: Caller): Promise<{ location: string; run: string | null } | undefined> {
    const found = await surface.tracking.loggedModels.find(id);
    return found && surface.sees(caller, found.project) ? { location: found.artifactLocation, run: found.sourceRunId } : undefined;
  }
  /** Tells a logged model which version it became. */
  async function noteVersion(id: string, name: string, number: number): Promise<void> {
    const { tags } = await surface.tracking.loggedModels.getFull(id);
    const before = (tags["mlflow.modelVersions"] ?? "[]").replace(/\]$/, "");
    const entry = `{"name": ${JSON.stringify(name)}, "version": ${number}}`;
    await surface.tracking.loggedModels.setTags(id, { "mlflow.modelVersions": `${before === "[" ? before : `${before}, `}${entry}]` });
  }

  const messageOf = async (project: string, version: ModelVersion): Promise<object> => ({
    model_version: versionMessage(version, await besideOf(whole, project, [version.model])),
  });
  const about =
    (answer: (at: At, input: Input, caller: Caller) => Promise<object>): Answer =>
    async ({ input, caller }) =>
      answer({ project: await surface.project(caller), model: modelName(input), number: versionNumber(input) }, input, caller);

  async function refuseSource(
    source: string,
    stated: { run: string; loggedModel: string; prompt: boolean },
    caller: Caller,
  ): Promise<void> {
    if (sourcePattern && !sourcePattern.test(source)) throw invalid(`Invalid model version source: '${source.slice(0, 300)}'.`);
    if (stated.prompt) {
      if (source.startsWith("/") || /^file:/i.test(source))
        throw invalid(`Invalid prompt source: '${source.slice(0, 300)}'. Local source paths are not allowed for prompts.`);
      if (/^[a-z][a-z0-9+.-]*:/i.test(source)) refuseTricks(source);
      return;
    }
    if (!isLocal(source)) return refuseTricks(source);
    if (stated.loggedModel !== "") {
      const model = await loggedModel(stated.loggedModel, caller);
      return refuseOutside(source, model?.location, "model_id");
    }
    if (stated.run === "") return refuseOutside(source, undefined, "run_id");
    const run = await surface.run(caller, stated.run);
    const experiment = await surface.tracking.experiments.find(run.experimentId);
    refuseOutside(source, artifactUriOf(run, experiment?.artifactLocation ?? null, surface.artifactRoot), "run_id");
  }

  /** Where the bytes of a source lie, the run it came from, and the version it copies. */
  async function resolved(
    source: string,
    caller: Caller,
  ): Promise<{ location: string; run: string | null; loggedModel?: string | null; copyOf?: { model: string; number: number } }> {
    if (!/^models:/i.test(source)) return { location: source, run: null };
    const named = modelUri(source);
    if (named && "loggedModel" in named) {
      const model = await loggedModel(named.loggedModel, caller);
      if (model) return model;
    } else if (named) {
      const found = await registry.find(
        await surface.project(caller),
        named.model,
        /^[0-9]+$/.test(named.ref) ? `v${named.ref}` : named.ref,
      );
      if (found) {
        const { statedRun: run, loggedModel: of } = found.label;
        return { location: locationOf(found), run, loggedModel: of, copyOf: { model: found.model, number: found.number } };
      }
    }
    throw new WireFailure(
      "RESOURCE_DOES_NOT_EXIST",
      `Unable to fetch model from model URI source artifact location '${source.slice(0, 300)}'.`,
    );
  }

  const create: Answer = async ({ input, caller }) => {
    const project = await surface.project(caller);
    const model = modelName(input);
    const source = requiredText(input, "source");
    const tags = Object.fromEntries(messages(input, "tags").map(tagOf));
    const run = text(input, "run_id") ?? "";
    const modelId = text(input, "model_id") ?? "";
    await refuseSource(source, { run, loggedModel: modelId, prompt: kindOf(tags) === "prompt" }, caller);
    await catalogue.get(project, model);
    const from = await resolved(source, caller);
    const known = modelId === "" ? undefined : await loggedModel(modelId, caller);
    if (modelId !== "" && !known)
      throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Logged model with ID '${modelId.slice(0, 100)}' not found.`);
    const stated = run || from.run || known?.run || null;
    const ours = stated === null ? undefined : await surface.tracking.findRun(stated);
    const version = await registry.registerArtifacts(
      {
        project,
        model,
        label: {
          description: text(input, "description") ?? null,
          source,
          location: from.location,
          statedRun: stated,
          runLink: text(input, "run_link") || null,
          loggedModel: modelId || (from.loggedModel ?? null),
        },
        tags,
        files: await filesAt(whole, caller, from.location),
        runId: ours && ours.project === project ? ours.id : null,
        ...(from.copyOf && { copyOf: from.copyOf }),
      },
      caller,
    );
    if (known && kindOf(tags) !== "prompt") await noteVersion(modelId, model, version.number);
    return messageOf(project, version);
  };

  const search: Answer = async ({ input, caller }) => {
    const project = await surface.project(caller);
    const { found, token } = await searched(surface.store.database, searchedVersions, project, input);
    const beside = await besideOf(whole, project, [...new Set(found.map((one) => one.model))]);
    const list = found.map((one) => versionMessage(one, beside));
    return { ...(list.length > 0 && { model_versions: list }), ...(token && { next_page_token: token }) };
  };

  return [
    ["POST", "model-versions/create", "log", create],
    ["GET", "model-versions/get", "read", about(async (at) => messageOf(at.project, await catalogue.version(at)))],
    ["GET", "model-versions/search", "read", search],
    ["POST", "model-versions/search", "read", search],
    ["GET", "model-versions/get-download-uri", "read", about(async (at) => ({ artifact_uri: locationOf(await catalogue.version(at)) }))],
    [
      "PATCH",
      "model-versions/update",
      "log",
      about(async (at, input, caller) =>
        messageOf(at.project, await catalogue.describeVersion(at, text(input, "description") ?? "", caller)),
      ),
    ],
    [
      "POST",
      "model-versions/transition-stage",
      "log",
      about(async (at, input, caller) => {
        const stage = stageOf(requiredText(input, "stage"));
        const archive = String(input["archive_existing_versions"] ?? "false").toLowerCase() === "true";
        if (archive && stage !== "Staging" && stage !== "Production")
          throw invalid(
            `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging, Production.`,
          );
        return messageOf(at.project, await catalogue.setStage(at, stage, archive, caller));
      }),
    ],
    ["DELETE", "model-versions/delete", "log", about(async (at, _input, caller) => (await catalogue.removeVersion(at, caller), {}))],
    [
      "POST",
      "model-versions/set-tag",
      "log",
      about(async (at, input, caller) => {
        await catalogue.setVersionTag(at, ...tagOf(input), caller);
        return {};
      }),
    ],
    [
      "DELETE",
      "model-versions/delete-tag",
      "log",
      about(async (at, input, caller) => {
        await catalogue.removeVersionTag(at, tagOf({ ...input, value: "" })[0], caller);
        return {};
      }),
    ],
  ];
}

/** Where a client loads a version from. */
export const locationOf = (version: ModelVersion): string =>
  version.label.location ?? (version.form === "file" ? versionLocation(version.project, version.model, version.number) : sourceOf(version));
