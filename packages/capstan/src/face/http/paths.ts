import { CapstanError } from "../../base/foundation/errors.ts";

/** A tree of path segments; `{name}` matches one segment, `{name...}` the rest. Fixed segments win over parameters. */
export type PathTree<T> = {
  fixed: Map<string, PathTree<T>>;
  parameter?: { name: string; next: PathTree<T> };
  rest?: { name: string; at: Map<string, T> };
  at: Map<string, T>;
};

export const emptyTree = <T>(): PathTree<T> => ({ fixed: new Map(), at: new Map() });

export function addPath<T>(tree: PathTree<T>, method: string, path: string, value: T): void {
  let node = tree;
  for (const segment of path.split("/").filter(Boolean)) {
    const parameter = /^\{(\w+)(\.\.\.)?\}$/.exec(segment);
    if (parameter?.[2]) {
      node.rest ??= { name: parameter[1] ?? "", at: new Map() };
      node.rest.at.set(method, value);
      return;
    }
    if (parameter) {
      node.parameter ??= { name: parameter[1] ?? "", next: emptyTree() };
      node = node.parameter.next;
    } else {
      let next = node.fixed.get(segment);
      if (!next) node.fixed.set(segment, (next = emptyTree()));
      node = next;
    }
  }
  if (node.at.has(method)) throw new Error(`two values at ${method} ${path}`);
  node.at.set(method, value);
}

export type Found<T> = { value: T; params: Record<string, string> };

export function findPath<T>(tree: PathTree<T>, method: string, path: string): Found<T> | undefined {
  const segments = path.split("/").filter(Boolean);
  const params: Record<string, string> = {};
  const walk = (node: PathTree<T>, i: number): T | undefined => {
    const segment = segments[i];
    if (segment === undefined) return node.at.get(method);
    const fixed = node.fixed.get(segment);
    const found = fixed && walk(fixed, i + 1);
    if (found !== undefined) return found;
    if (node.parameter) {
      const deeper = walk(node.parameter.next, i + 1);
      if (deeper !== undefined) {
        // Two operations may name the same segment differently: the name of the branch that matched counts.
        params[node.parameter.name] = decode(segment);
        return deeper;
      }
    }
    if (node.rest?.at.has(method)) {
      params[node.rest.name] = segments.slice(i).map(decode).join("/");
      return node.rest.at.get(method);
    }
    return undefined;
  };
  const value = walk(tree, 0);
  return value === undefined ? undefined : { value, params };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new CapstanError("CAP-REQUEST-002", { path: segment });
  }
}
