import type { Path, Place, Source } from "./source.ts";

/** Who said a value and where; `key` is the place of the member's name, `value` of what it is. */
export type Origin = { by: string; key?: Place | undefined; value?: Place | undefined };
export type Plain = { [key: string]: unknown };

const keyOf = (path: Path): string => path.map(String).join("\u0000");
export const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

/** Values put together from layers, each member with its origin. Later layers win: maps merge, all else replaces, null removes (RFC 7396). */
export class Layers {
  value: Plain = {};
  readonly #origins = new Map<string, Origin>();

  /** What `toJSON` gave, as it was. */
  static of({ value, origins }: ReturnType<Layers["toJSON"]>): Layers {
    const layers = new Layers();
    layers.value = value;
    for (const [key, origin] of origins) layers.#origins.set(key, origin);
    return layers;
  }

  toJSON(): { value: Plain; origins: readonly (readonly [string, Origin])[] } {
    return { value: this.value, origins: [...this.#origins] };
  }

  /** `below` is where in the source the layer lies, `into` where it goes. */
  add(
    source: Source,
    by: string,
    { below = [], into = [], keepNull = false }: { below?: Path; into?: Path; keepNull?: boolean } = {},
  ): void {
    let patch: unknown = source.value;
    for (const part of below) patch = isPlain(patch) ? patch[part] : undefined;
    if (patch === undefined) return;
    this.merge(
      patch,
      (path) => ({ by, key: source.placeOf([...below, ...path], "key"), value: source.placeOf([...below, ...path], "value") }),
      into,
      keepNull,
    );
  }

  merge(patch: unknown, originOf: (path: Path) => Origin, into: Path = [], keepNull = false): void {
    const walk = (value: unknown, path: Path, target: Plain, key: string): void => {
      const full = [...into, ...path];
      if (value === null && !keepNull) {
        delete target[key];
        this.#forget(full);
      } else if (isPlain(value)) {
        const below = isPlain(target[key]) ? (target[key] as Plain) : {};
        if (target[key] !== below) this.#forget(full);
        target[key] = below;
        this.#origins.set(keyOf(full), originOf(path));
        for (const [name, member] of Object.entries(value)) walk(member, [...path, name], below, name);
      } else {
        this.#forget(full);
        target[key] = value;
        this.#origins.set(keyOf(full), originOf(path));
        if (Array.isArray(value)) this.#items(value, path, into, originOf);
      }
    };
    let target = this.value;
    for (const part of into) {
      if (!isPlain(target[part])) target[part] = {};
      target = target[part] as Plain;
    }
    if (isPlain(patch)) for (const [name, member] of Object.entries(patch)) walk(member, [name], target, name);
  }

  #items(list: readonly unknown[], path: Path, into: Path, originOf: (path: Path) => Origin): void {
    list.forEach((item, i) => {
      const at = [...path, i];
      this.#origins.set(keyOf([...into, ...at]), originOf(at));
      if (Array.isArray(item)) this.#items(item, at, into, originOf);
      else if (isPlain(item)) {
        const members = (value: Plain, below: Path): void => {
          for (const [name, member] of Object.entries(value)) {
            this.#origins.set(keyOf([...into, ...below, name]), originOf([...below, name]));
            if (isPlain(member)) members(member, [...below, name]);
            else if (Array.isArray(member)) this.#items(member, [...below, name], into, originOf);
          }
        };
        members(item, at);
      }
    });
  }

  #forget(path: Path): void {
    const prefix = keyOf(path);
    for (const key of this.#origins.keys()) if (key === prefix || key.startsWith(`${prefix}\u0000`)) this.#origins.delete(key);
  }

  /** Of the member itself, or of the nearest one that holds it. */
  originOf(path: Path): Origin | undefined {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(keyOf(path.slice(0, length)));
      if (origin) return origin;
    }
    return undefined;
  }

  get(path: Path): unknown {
    let value: unknown = this.value;
    for (const part of path) value = isPlain(value) || Array.isArray(value) ? (value as Plain)[part] : undefined;
    return value;
  }
}

/** `params.yaml:2:10`, or who said it when no file did. */
export function textOf(origin: Origin | undefined): string {
  if (!origin) return "built in";
  const place = origin.value ?? origin.key;
  const at = place && `${place.file}:${place.line}:${place.column}`;
  return [origin.by, at].filter(Boolean).join(", ");
}
