import { isPlain, type Plain } from "./overlay.ts";

/** Dotted names of all values and groups. */
export function paramNames(values: Plain, prefix = ""): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    `${prefix}${name}`,
    ...(isPlain(value) ? paramNames(value, `${prefix}${name}.`) : []),
  ]);
}

export function paramOf(values: Plain, name: string): unknown {
  let value: unknown = values;
  for (const part of name.split(".")) value = isPlain(value) ? value[part] : undefined;
  return value;
}

/** The part of the values that `names` (values or groups) cover, nested as before. */
export function pickParams(values: Plain, names: readonly string[]): Plain {
  const picked: Plain = {};
  for (const name of names) {
    const value = paramOf(values, name);
    if (value === undefined) continue;
    const parts = name.split(".");
    let target = picked;
    for (const part of parts.slice(0, -1)) target = (target[part] = isPlain(target[part]) ? target[part] : {}) as Plain;
    const last = parts.at(-1) ?? name;
    target[last] = isPlain(value) && isPlain(target[last]) ? { ...(target[last] as Plain), ...value } : value;
  }
  return picked;
}

/** Leaves with dotted names, sorted. */
export function flatParams(values: Plain, prefix = ""): [name: string, value: unknown][] {
  return Object.entries(values)
    .flatMap(([name, value]): [string, unknown][] =>
      isPlain(value) && Object.keys(value).length > 0 ? flatParams(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
    )
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
