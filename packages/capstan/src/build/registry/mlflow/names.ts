import { posix } from "node:path";
import { integer, requiredText, text } from "../../tracking/mlflow/fields.ts";
import { invalid } from "../../tracking/mlflow/failures.ts";
import { key, longest } from "../../tracking/mlflow/limits.ts";
import type { Input } from "../../tracking/mlflow/model.ts";
import { type Stage, stages } from "../model.ts";

const longestTag = 100_000;

/** A model's name: not blank, no `/` or `:`, and no other name when taken as a path. */
export function modelName(input: Input, field = "name"): string {
  const name = text(input, field);
  if (name === undefined || name.trim() === "")
    throw invalid(`Missing value for required parameter '${field}'. See the API docs for more information about request parameters.`);
  if (/[/:]/.test(name)) throw invalid(`Invalid model name '${name.slice(0, 200)}'. Names cannot contain '/' or ':'.`);
  if (name === "." || name === ".." || posix.normalize(name) !== name || name.length > 256)
    throw invalid(
      `Invalid value ${JSON.stringify(name.slice(0, 200))} for parameter '${field}' supplied: it must be its own path, of at most 256 characters.`,
    );
  return name;
}

export function versionNumber(input: Input): number {
  const value = requiredText(input, "version");
  if (!/^[0-9]{1,15}$/.test(value)) throw invalid(`Parameter 'version' must be an integer, got '${value.slice(0, 100)}'.`);
  return integer(input, "version") ?? 0;
}

export function tagOf(input: Input): [string, string] {
  const name = key(text(input, "key"), "key");
  const value = text(input, "value");
  if (value === undefined) throw invalid("Tag value cannot be None");
  if ([...name].length > longest.key) throw invalid(`'key' exceeds the maximum length of ${longest.key} characters`);
  if (value.length > longestTag)
    throw invalid(
      name === "mlflow.prompt.text"
        ? `Prompt text exceeds max length of ${longestTag} characters.`
        : `'value' exceeds the maximum length of ${longestTag} characters`,
    );
  return [name, value];
}

export function aliasName(input: Input): string {
  const alias = text(input, "alias");
  if (alias === undefined || alias === "") throw invalid("Registered model alias name cannot be empty.");
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias))
    throw invalid(`Invalid alias name: '${alias.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  if ([...alias].length > 255) throw invalid("Registered model alias name exceeds the maximum length of 255 characters");
  return alias;
}
export function refuseReserved(alias: string): void {
  if (alias.toLowerCase() === "latest") throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v[0-9]+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
}

export function stageOf(value: string): Stage {
  const found = stages.find((one) => one.toLowerCase() === value.toLowerCase());
  if (!found) throw invalid(`Invalid Model Version stage: ${value.slice(0, 100)}. Value must be one of ${stages.join(", ")}.`);
  return found;
}
