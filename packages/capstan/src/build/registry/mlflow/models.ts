import { messages, text, texts } from "../../tracking/mlflow/fields.ts";
import type { Caller } from "../../../base/foundation/caller.ts";
import { invalid, WireFailure } from "../../tracking/mlflow/failures.ts";
import type { Input } from "../../tracking/mlflow/model.ts";
import { latestByStage, modelMessage, versionMessage } from "./messages.ts";
import type { RegistrySurface } from "./model.ts";
import { aliasName, modelName, refuseReserved, stageOf, tagOf, versionNumber } from "./names.ts";
import { type Answer, type Described, besideOf } from "./route.ts";
import { searched, searchedModels } from "./search.ts";

/** Registered models, their tags and aliases. */
export function modelRoutes(whole: RegistrySurface): Described[] {
  const { surface, registry } = whole;
  const { catalogue } = registry;

  const messageOf = async (project: string, name: string): Promise<object> => {
    const model = await catalogue.get(project, name);
    const [versions, beside] = await Promise.all([catalogue.latest(project, [name]), besideOf(whole, project, [name])]);
    return { registered_model: modelMessage(model, versions, beside) };
  };
  const versionOf = async (project: string, name: string, number: number): Promise<object> => {
    const [version, beside] = await Promise.all([catalogue.version({ project, model: name, number }), besideOf(whole, project, [name])]);
    return { model_version: versionMessage(version, beside) };
  };
  /** An answer about the model that the message names, in the caller's project. */
  const about =
    (answer: (at: { project: string; model: string }, input: Input, caller: Caller) => Promise<object>): Answer =>
    async ({ input, caller }) =>
      answer({ project: await surface.project(caller), model: modelName(input) }, input, caller);

  const search: Answer = async ({ input, caller }) => {
    const project = await surface.project(caller);
    const { found, token } = await searched(surface.store.database, searchedModels, project, input);
    const names = found.map((one) => one.name);
    const [versions, beside] = await Promise.all([catalogue.latest(project, names), besideOf(whole, project, names)]);
    const byModel = Map.groupBy(versions, (one) => one.model);
    const list = found.map((one) => modelMessage(one, byModel.get(one.name) ?? [], beside));
    return { ...(list.length > 0 && { registered_models: list }), ...(token && { next_page_token: token }) };
  };

  const latest = about(async ({ project, model }, input) => {
    await catalogue.get(project, model);
    const wanted = texts(input, "stages").map(stageOf);
    const [versions, beside] = await Promise.all([catalogue.latest(project, [model]), besideOf(whole, project, [model])]);
    const found = latestByStage(versions).filter((one) => wanted.length === 0 || wanted.includes(one.label.stage));
    return found.length > 0 ? { model_versions: found.map((one) => versionMessage(one, beside)) } : {};
  });

  return [
    [
      "POST",
      "registered-models/create",
      "log",
      about(async ({ project, model }, input, caller) => {
        const tags = Object.fromEntries(messages(input, "tags").map(tagOf));
        await catalogue.create({ project, model, description: text(input, "description") ?? null, tags }, caller);
        return messageOf(project, model);
      }),
    ],
    ["GET", "registered-models/get", "read", about(({ project, model }) => messageOf(project, model))],
    ["GET", "registered-models/search", "read", search],
    ["POST", "registered-models/search", "read", search],
    [
      "POST",
      "registered-models/rename",
      "log",
      about(async (at, input, caller) => {
        const { name } = await catalogue.rename(at, modelName(input, "new_name"), caller);
        return messageOf(at.project, name);
      }),
    ],
    [
      "PATCH",
      "registered-models/update",
      "log",
      about(async (at, input, caller) => {
        await catalogue.describe(at, text(input, "description") ?? "", caller);
        return messageOf(at.project, at.model);
      }),
    ],
    ["DELETE", "registered-models/delete", "log", about(async (at, _input, caller) => (await catalogue.remove(at, caller), {}))],
    ["GET", "registered-models/get-latest-versions", "read", latest],
    ["POST", "registered-models/get-latest-versions", "read", latest],
    [
      "POST",
      "registered-models/set-tag",
      "log",
      about(async (at, input, caller) => {
        await catalogue.setTag(at, ...tagOf(input), caller);
        return {};
      }),
    ],
    [
      "DELETE",
      "registered-models/delete-tag",
      "log",
      about(async (at, input, caller) => {
        await catalogue.removeTag(at, tagOf({ ...input, value: "" })[0], caller);
        return {};
      }),
    ],
    [
      "POST",
      "registered-models/alias",
      "log",
      about(async ({ project, model }, input, caller) => {
        const alias = aliasName(input);
        refuseReserved(alias);
        const number = versionNumber(input);
        await catalogue.get(project, model);
        await registry.setAlias({ project, model, alias, ref: `v${number}` }, caller);
        return {};
      }),
    ],
    [
      "DELETE",
      "registered-models/alias",
      "log",
      about(async ({ project, model }, input, caller) => {
        const alias = aliasName(input);
        await catalogue.get(project, model);
        const known = (await registry.aliases(project, model)).some((one) => one.alias === alias);
        // Removing what is not there is no change; `live` is there by the routes, and only they can remove it.
        if (known || alias === "live") await registry.setAlias({ project, model, alias, ref: null }, caller);
        return {};
      }),
    ],
    [
      "GET",
      "registered-models/alias",
      "read",
      about(async ({ project, model }, input) => {
        const alias = aliasName(input);
        await catalogue.get(project, model);
        if (alias.toLowerCase() === "latest") {
          const [newest] = await registry.versions(project, model);
          if (!newest) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Registered model ${model} has no versions.`);
          return versionOf(project, model, newest.number);
        }
        const number =
          alias === "live"
            ? (await registry.live(project, model))[0]?.number
            : (await registry.aliases(project, model)).find((one) => one.alias === alias)?.number;
        if (number === undefined) throw invalid(`Registered model alias ${alias} not found.`);
        return versionOf(project, model, number);
      }),
    ],
  ];
}
