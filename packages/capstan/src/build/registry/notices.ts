import type { Json } from "../../base/foundation/canonical-json.ts";
import type { Announcer, Notice } from "./model.ts";
import type { Tags } from "./model-store.ts";

/** MLflow's prompts are models with this tag. */
export const promptTag = "mlflow.prompt.is_prompt";
const [textTag, typeTag] = ["mlflow.prompt.text", "_mlflow_prompt_type"];

export const kindOf = (tags: Tags): "prompt" | "model" => ((tags[promptTag] ?? "").toLowerCase() === "true" ? "prompt" : "model");
const without = (tags: Tags, ...keys: readonly string[]): { [key: string]: Json } =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

export const notice = (entity: string, action: string, data: Notice["data"]): Notice => ({ entity, action, data });

export const modelCreated = (name: string, description: string | null, tags: Tags): Notice[] =>
  kindOf(tags) === "prompt"
    ? [notice("PROMPT", "CREATED", { name, tags: without(tags, promptTag, typeTag), description: description || null })]
    : [notice("REGISTERED_MODEL", "CREATED", { name, tags: { ...tags }, description: description || null })];

export const versionCreated = (
  one: { model: string; number: number; source: string; statedRun: string | null; description: string | null },
  tags: Tags,
): Notice[] => {
  const both = { name: one.model, version: String(one.number), description: one.description || null };
  return kindOf(tags) === "prompt"
    ? [
        notice("PROMPT_VERSION", "CREATED", {
          ...both,
          template: tags[textTag] ?? null,
          tags: without(tags, promptTag, typeTag, textTag),
        }),
      ]
    : [notice("MODEL_VERSION", "CREATED", { ...both, source: one.source, run_id: one.statedRun || null, tags: { ...tags } })];
};

export const aliasChanged = (prompt: boolean, model: string, alias: string, number: number | null): Notice[] => [
  number === null
    ? notice(prompt ? "PROMPT_ALIAS" : "MODEL_VERSION_ALIAS", "DELETED", { name: model, alias })
    : notice(prompt ? "PROMPT_ALIAS" : "MODEL_VERSION_ALIAS", "CREATED", { name: model, alias, version: String(number) }),
];

/** Tells nobody. */
export const noAnnouncer: Announcer = { statements: async () => [], told: () => undefined };
