import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Graph, InputSource, StepNode } from "../model.ts";

/** Nodes that a source waits for. */
const stepsOf = (source: InputSource): string[] =>
  source.kind === "output" ? [source.step] : source.kind === "outputs" ? source.of.map((one) => one.step) : [];

const inside = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The order of the nodes. A path input that lies in another step's output, or holds it, waits for it, too. */
export function graphOf(nodes: readonly StepNode[]): { graph: Graph; errors: CapstanError[] } {
  const errors: CapstanError[] = [];
  const byId = new Map<string, StepNode>();
  for (const node of nodes) {
    if (byId.has(node.id))
      errors.push(
        new CapstanError(
          "CAP-CONFIG-020",
          { step: node.step, problem: `two nodes are ${node.id}`, fix: "let their values differ" },
          { where: node.place },
        ),
      );
    byId.set(node.id, node);
  }
  errors.push(...doubleWriters(nodes));
  const writers = nodes.flatMap((node) => node.outputs.map((output) => ({ id: node.id, path: output.path })));
  const needs = new Map(
    nodes.map((node) => {
      const needed = new Set(node.inputs.flatMap((input) => stepsOf(input.source)));
      for (const { source } of node.inputs) {
        if (source.kind !== "path" && source.kind !== "glob") continue;
        const path = source.kind === "path" ? source.path : source.pattern.split(/[*?[{]/)[0]?.replace(/\/[^/]*$/, "") || ".";
        for (const writer of writers) if (inside(path, writer.path) || inside(writer.path, path)) needed.add(writer.id);
      }
      return [node.id, [...needed]] as const;
    }),
  );
  const { order, cycle } = sortByNeed([...byId.keys()], needs);
  if (cycle) {
    const lines = cycle.slice(0, -1).map((id) => byId.get(id)?.place?.line ?? 0);
    const newest = Math.max(...lines);
    const at = byId
      .get(cycle.find((id) => byId.get(id)?.place?.line === newest) ?? "")
      ?.inputs.find((input) => stepsOf(input.source).some((id) => cycle.includes(id)))?.place;
    errors.push(
      new CapstanError(
        "CAP-CONFIG-008",
        { cycle: cycle.join(" → "), lines: lines.join(", "), newest: at?.line ?? newest },
        { where: at ?? byId.get(cycle[0] ?? "")?.place },
      ),
    );
  }
  return { graph: { nodes: byId, order, needs }, errors };
}

/** Depth first, in the order of writing; a cycle is given as a closed path of ids. */
function sortByNeed(
  ids: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
): { order: string[]; cycle: string[] | undefined } {
  const order: string[] = [];
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  let cycle: string[] | undefined;
  const visit = (id: string): void => {
    if (state.get(id) === "done" || cycle) return;
    path.push(id);
    if (state.get(id) === "open") {
      // From consumer to what it needs; told in the direction in which data flow.
      cycle = path.slice(path.indexOf(id)).reverse();
      return;
    }
    state.set(id, "open");
    for (const needed of needs.get(id) ?? []) visit(needed);
    if (!cycle) {
      path.pop();
      state.set(id, "done");
      order.push(id);
    }
  };
  for (const id of ids) visit(id);
  return { order, cycle };
}

function doubleWriters(nodes: readonly StepNode[]): CapstanError[] {
  const errors: CapstanError[] = [];
  const writers = nodes
    .flatMap((node) => node.outputs.map((output) => ({ node, path: output.path })))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  writers.forEach((writer, i) => {
    for (const other of writers.slice(i + 1)) {
      if (!inside(other.path, writer.path)) {
        // Sorted: only what begins with this path can lie inside it.
        if (!other.path.startsWith(writer.path)) break;
        continue;
      }
      errors.push(
        new CapstanError(
          "CAP-CONFIG-009",
          {
            first: writer.node.id,
            second: other.node.id,
            path: writer.path === other.path ? writer.path : `${writer.path} and ${other.path} in it`,
          },
          { where: other.node.place },
        ),
      );
    }
  });
  return errors;
}
