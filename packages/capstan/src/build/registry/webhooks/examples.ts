import type { Json } from "../../../base/foundation/canonical-json.ts";

type Data = { readonly [key: string]: Json };
const tags = { example_key: "example_value" };
const tag = { key: "example_key", value: "example_value" };
const model = { name: "example_model" };
const prompt = { name: "example_prompt" };

/** What a test sends for each event that one may subscribe to. */
const examples: Readonly<Record<string, Data>> = {
  "REGISTERED_MODEL CREATED": { ...model, tags, description: "An example registered model" },
  "MODEL_VERSION CREATED": {
    ...model,
    version: "1",
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags,
    description: "An example model version",
  },
  "MODEL_VERSION_TAG SET": { ...model, version: "1", ...tag },
  "MODEL_VERSION_TAG DELETED": { ...model, version: "1", key: tag.key },
  "MODEL_VERSION_ALIAS CREATED": { ...model, alias: "example_alias", version: "1" },
  "MODEL_VERSION_ALIAS DELETED": { ...model, alias: "example_alias" },
  "PROMPT CREATED": { ...prompt, tags, description: "An example prompt" },
  "PROMPT_VERSION CREATED": { ...prompt, version: "1", template: "Hello {{name}}!", tags, description: "An example prompt version" },
  "PROMPT_TAG SET": { ...prompt, ...tag },
  "PROMPT_TAG DELETED": { ...prompt, key: tag.key },
  "PROMPT_VERSION_TAG SET": { ...prompt, version: "1", ...tag },
  "PROMPT_VERSION_TAG DELETED": { ...prompt, version: "1", key: tag.key },
  "PROMPT_ALIAS CREATED": { ...prompt, alias: "example_alias", version: "1" },
  "PROMPT_ALIAS DELETED": { ...prompt, alias: "example_alias" },
};

export const exampleOf = (entity: string, action: string): Data | undefined => examples[`${entity} ${action}`];
