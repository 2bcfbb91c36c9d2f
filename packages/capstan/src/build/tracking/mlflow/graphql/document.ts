/** A GraphQL document as its reader sees it. Only what selects data: operations, fields, arguments, variables, fragments, skip and include. */
export type Value = string | number | boolean | null | Value[] | { [name: string]: Value } | Variable;
export class Variable {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
type Directives = { name: string; args: Record<string, Value> }[];
export type Field = {
  kind: "field";
  name: string;
  alias: string | undefined;
  args: Record<string, Value>;
  directives: Directives;
  fields: Selection[];
};
export type Selection =
  | Field
  | { kind: "spread"; fragment: string; directives: Directives }
  | { kind: "inline"; directives: Directives; fields: Selection[] };
export type Operation = { kind: "query" | "mutation"; name: string | undefined; defaults: Record<string, Value>; fields: Selection[] };
export type Document = { operations: Operation[]; fragments: Map<string, Selection[]> };

export class DocumentError extends Error {}

const mostBytes = 200_000;
const deepestText = 100;
const lexeme =
  /[\s,\ufeff]+|#[^\n]*|"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[!$&()[\]{}:=@|]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|./gy;

export function parseDocument(text: string): Document {
  if (text.length > mostBytes) throw new DocumentError(`a query has at most ${mostBytes} characters`);
  const tokens = [...text.matchAll(lexeme)]
    .map((match) => ({ text: match[0], at: match.index }))
    .filter((one) => !/^[\s,\ufeff#]/.test(one.text));
  let at = 0;
  const peek = (): string | undefined => tokens[at]?.text;
  const fail = (): never => {
    throw new DocumentError(
      `Syntax Error: unexpected ${peek() === undefined ? "end" : `'${peek()}'`} at character ${(tokens[at]?.at ?? text.length) + 1}`,
    );
  };
  const expect = (what: string): void => {
    if (peek() !== what) fail();
    at++;
  };
  const skip = (what: string): boolean => peek() === what && ++at > 0;
  const name = (): string => {
    const found = peek();
    if (found === undefined || !/^[A-Za-z_]/.test(found)) return fail();
    at++;
    return found;
  };

  function value(depth = 0): Value {
    if (depth > deepestText) fail();
    const found = peek() ?? fail();
    if (skip("$")) return new Variable(name());
    if (skip("[")) {
      const list: Value[] = [];
      while (!skip("]")) list.push(value(depth + 1));
      return list;
    }
    if (skip("{")) {
      const object: Record<string, Value> = Object.create(null) as Record<string, Value>;
      while (!skip("}")) {
        const key = name();
        expect(":");
        object[key] = value(depth + 1);
      }
      return object;
    }
    at++;
    if (found.startsWith('"""')) return found.slice(3, -3);
    if (found.startsWith('"')) {
      try {
        return JSON.parse(found) as string;
      } catch {
        at--;
        return fail();
      }
    }
    if (/^-?\d/.test(found)) return Number(found);
    if (found === "true" || found === "false") return found === "true";
    if (found === "null") return null;
    if (/^[A-Za-z_]/.test(found)) return found;
    at--;
    return fail();
  }
  function args(): Record<string, Value> {
    const found: Record<string, Value> = Object.create(null) as Record<string, Value>;
    if (skip("("))
      while (!skip(")")) {
        const key = name();
        expect(":");
        found[key] = value();
      }
    return found;
  }
  function directives(): Directives {
    const found: Directives = [];
    while (skip("@")) found.push({ name: name(), args: args() });
    return found;
  }
  function selections(depth = 0): Selection[] {
    if (depth > deepestText) fail();
    const found: Selection[] = [];
    expect("{");
    while (!skip("}")) {
      if (skip("...")) {
        if (peek() === "{" || peek() === "@" || peek() === "on") {
          if (skip("on")) name();
          found.push({ kind: "inline", directives: directives(), fields: selections(depth + 1) });
        } else found.push({ kind: "spread", fragment: name(), directives: directives() });
        continue;
      }
      const first = name();
      const second = skip(":") ? name() : undefined;
      found.push({
        kind: "field",
        name: second ?? first,
        alias: second === undefined ? undefined : first,
        args: args(),
        directives: directives(),
        fields: peek() === "{" ? selections(depth + 1) : [],
      });
    }
    return found;
  }
  function skipType(): void {
    if (skip("[")) {
      skipType();
      expect("]");
    } else name();
    skip("!");
  }

  const document: Document = { operations: [], fragments: new Map() };
  while (at < tokens.length) {
    if (peek() === "{") {
      document.operations.push({ kind: "query", name: undefined, defaults: {}, fields: selections() });
      continue;
    }
    const word = name();
    if (word === "fragment") {
      const called = name();
      expect("on");
      name();
      directives();
      document.fragments.set(called, selections());
      continue;
    }
    if (word !== "query" && word !== "mutation") {
      at--;
      fail();
    }
    const called = peek() !== "{" && peek() !== "(" && peek() !== "@" ? name() : undefined;
    const defaults: Record<string, Value> = {};
    if (skip("("))
      while (!skip(")")) {
        expect("$");
        const variable = name();
        expect(":");
        skipType();
        if (skip("=")) defaults[variable] = value();
      }
    directives();
    document.operations.push({ kind: word as "query" | "mutation", name: called, defaults, fields: selections() });
  }
  return document;
}

/** What one request may ask for, at most. */
export const limits = { rootFields: 10, aliases: 10, depth: 10, selections: 1000 } as const;

/** Fails when an operation asks for more than its limits. Fragments count where they are spread. */
export function checkLimits(document: Document, operation: Operation): void {
  if (operation.fields.length > limits.rootFields)
    throw new DocumentError(`GraphQL queries should have at most ${limits.rootFields} root fields, got ${operation.fields.length}`);
  let aliases = 0;
  let count = 0;
  const walk = (fields: readonly Selection[], depth: number, within: readonly string[]): void => {
    for (const one of fields) {
      if (++count > limits.selections) throw new DocumentError(`Query exceeds maximum total selections of ${limits.selections}`);
      if (one.kind === "spread") {
        if (within.includes(one.fragment)) throw new DocumentError(`Fragment ${one.fragment} holds itself`);
        walk(document.fragments.get(one.fragment) ?? [], depth, [...within, one.fragment]);
        continue;
      }
      if (one.kind === "field" && one.alias !== undefined) aliases++;
      if (depth > limits.depth) throw new DocumentError(`Query exceeds maximum depth of ${limits.depth}`);
      walk(one.fields, one.kind === "field" ? depth + 1 : depth, within);
    }
  };
  walk(operation.fields, 1, []);
  if (aliases > limits.aliases) throw new DocumentError(`GraphQL queries should have at most ${limits.aliases} aliases, got ${aliases}`);
}
