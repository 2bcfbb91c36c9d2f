import { clean } from "../rules.ts";
import { invalid } from "./failures.ts";
import type { Input } from "./model.ts";

/** Readers of one field of a message. Scalars come as themselves or as text (R and Java send text); absent is undefined; null is absent. */

const docs = "See the API docs for more information about request parameters.";
/** The text that a message was read from, so that a refusal shows numbers as they were written. */
const sources = new WeakMap<Input, string>();
export const readFrom = (input: Input, source: string): void => void sources.set(input, source);

function shown(input: Input, name: string, value: unknown): string {
  const source = typeof value === "number" ? sources.get(input) : undefined;
  if (source === undefined) return JSON.stringify(value) ?? "";
  let written: string | undefined;
  JSON.parse(source, (key, one: unknown, context?: { source?: string }) => {
    if (key === name && one === value) written ??= context?.source;
    return one;
  });
  return written ?? JSON.stringify(value);
}
export const wrong = (input: Input, name: string, value: unknown, hint: string): Error =>
  invalid(`Invalid value ${shown(input, name, value).slice(0, 200)} for parameter '${name}' supplied: ${hint} ${docs}`);
export const absent = (name: string): Error => invalid(`Missing value for required parameter '${name}'. ${docs}`);
const typeOf = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "list"
      : typeof value === "object"
        ? "dict"
        : typeof value === "number"
          ? "float"
          : typeof value === "boolean"
            ? "bool"
            : "str";
const at = (input: Input, key: string): unknown =>
  Object.hasOwn(input, key) ? (input[key] ?? undefined) : Object.hasOwn(input, camel(key)) ? (input[camel(key)] ?? undefined) : undefined;
/** Of the fields' names as they stand in the code: few. */
const camels = new Map<string, string>();
function camel(key: string): string {
  let name = camels.get(key);
  if (name === undefined) camels.set(key, (name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())));
  return name;
}

export function text(input: Input, key: string): string | undefined {
  const value = at(input, key);
  if (value === undefined) return undefined;
  if (typeof value === "string") return clean(value);
  throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
}

/** Empty counts as missing. */
export function requiredText(input: Input, key: string): string {
  const value = text(input, key);
  if (value === undefined || value === "") throw absent(key);
  return value;
}

export function integer(input: Input, key: string): number | undefined {
  const value = at(input, key);
  if (value === undefined) return undefined;
  // R writes 100000 as 1e+05.
  const written = typeof value === "string" && /^\s*-?[0-9]{1,19}(\.[0-9]{1,19})?(e\+?[0-9]{1,2})?\s*$/i.test(value);
  const number = typeof value === "number" ? value : written ? Number(value) : NaN;
  if (!Number.isInteger(number)) throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
  if (!Number.isSafeInteger(number)) throw wrong(input, key, value, "It is outside of -(2^53 - 1) to 2^53 - 1.");
  return number;
}

/** `true` and `false` in any case, as Python's clients write them into a query. */
export function boolean(input: Input, key: string): boolean | undefined {
  const value = at(input, key);
  if (value === undefined || typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (word === "true" || word === "false") return word === "true";
  throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
}

export function message(input: Input, key: string): Input | undefined {
  const value = at(input, key);
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
  return value as Input;
}

export function double(input: Input, key: string): number | undefined {
  const value = at(input, key);
  if (value === undefined) return undefined;
  if (typeof value === "number") return value;
  if (typeof value === "string") {
    const word = value.trim();
    if (/^[+-]?nan$/i.test(word)) return NaN;
    const infinite = /^([+-]?)inf(inity)?$/i.exec(word);
    if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
    if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(word)) return Number(word);
  }
  throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
}

export function texts(input: Input, key: string): string[] {
  const value = at(input, key);
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((one) => {
    if (typeof one === "string") return clean(one);
    // Experiment ids come as numbers, too.
    if (typeof one === "number") return String(one);
    throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
  });
}

export function messages(input: Input, key: string): Input[] {
  const value = at(input, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(input, key, value, `Hint: Value was of type '${typeOf(value)}'.`);
  return value.map((one: unknown) => {
    if (typeof one !== "object" || one === null || Array.isArray(one))
      throw wrong(input, key, one, `Hint: Value was of type '${typeOf(one)}'.`);
    return one as Input;
  });
}

/** `run_uuid` is the old name of `run_id`. */
export function runId(input: Input): string {
  const id = text(input, "run_id") || text(input, "run_uuid");
  if (!id) throw absent("run_id");
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(id)) throw invalid(`Invalid run ID: '${id.slice(0, 100)}'`);
  return id;
}

export function experimentId(id: string): string {
  if (!/^[0-9]{1,15}$/.test(id)) throw invalid(`Invalid experiment ID: '${id.slice(0, 100)}'. It must be an integer.`);
  return String(Number(id));
}

/** A word of a list, or its number. */
export function word(input: Input, key: string): string | undefined {
  const value = at(input, key);
  if (typeof value === "number") return String(value);
  return text(input, key)?.toUpperCase() || undefined;
}

/** 1 ACTIVE_ONLY, 2 DELETED_ONLY, 3 ALL, by name or number. */
export function viewType(input: Input, key: string): "active" | "deleted" | "all" {
  const value = word(input, key);
  if (value === undefined || value === "ACTIVE_ONLY" || value === "1") return "active";
  if (value === "DELETED_ONLY" || value === "2") return "deleted";
  if (value === "ALL" || value === "3") return "all";
  throw wrong(input, key, value, "It is ACTIVE_ONLY, DELETED_ONLY or ALL.");
}

/** Opaque to clients. */
export const token = (state: object): string => Buffer.from(JSON.stringify(state)).toString("base64");
export function pageToken(input: Input): Record<string, unknown> | undefined {
  const value = text(input, "page_token");
  if (value === undefined || value === "") return undefined;
  try {
    const state: unknown = JSON.parse(Buffer.from(value, "base64").toString());
    if (typeof state === "object" && state !== null) return state as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid("Invalid page token, could not base64-decode");
}
export function offsetOf(input: Input): number {
  const state = pageToken(input);
  if (state === undefined) return 0;
  const offset = state["offset"];
  if (!Number.isSafeInteger(offset) || (offset as number) <= 0)
    throw invalid(`Invalid page token, parsed value of offset is ${JSON.stringify(offset)}`);
  return offset as number;
}
