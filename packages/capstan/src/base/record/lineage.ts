import { canonicalJson, type Json } from "../foundation/canonical-json.ts";
import { type Change, type Database, statement } from "../storage/database.ts";
import type { Edge, LineageNode } from "./model.ts";

/** A node that is known already keeps its facts: what a thing is made of does not change afterwards. */
export function lineageChange(nodes: readonly LineageNode[], edges: readonly Edge[], project: string): Change {
  return [
    ...nodes.map((node) =>
      statement(
        "insert into lineage_node (project, id, kind, title, digest, facts) values (?, ?, ?, ?, ?, ?) on conflict (project, id) do nothing",
        project,
        node.id,
        node.kind,
        node.title,
        node.digest,
        canonicalJson(node.facts),
      ),
    ),
    ...edges.map((edge) =>
      statement(
        "insert into lineage_edge (project, from_id, to_id, relation) values (?, ?, ?, ?) on conflict (project, from_id, to_id, relation) do nothing",
        project,
        edge.from,
        edge.to,
        edge.relation,
      ),
    ),
  ];
}

/** `up`: what it depends on; `down`: what is affected by it. */
export type Direction = "up" | "down";
export type Closure = { nodes: (LineageNode & { depth: number })[]; edges: Edge[]; total: number };

/** The transitive closure with each node's shortest distance. A node that only an edge names is shown by its id. Cycles end, because a node is met once. */
export async function closureOf(
  database: Database,
  project: string,
  node: string,
  direction: Direction,
  options: { depth?: number; limit?: number } = {},
): Promise<Closure> {
  const limit = options.limit ?? 10_000;
  const deepest = options.depth ?? 1_000;
  const [from, to] = direction === "up" ? ["from_id", "to_id"] : ["to_id", "from_id"];
  const depths = new Map<string, number>([[node, 0]]);
  const reached = await database.all<{ id: string; parent: string }>(
    `with recursive reached (id) as (
       select cast(? as TEXT) union select edge.${to} from lineage_edge edge join reached on edge.${from} = reached.id where edge.project = ?
     )
     select edge.${from} as parent, edge.${to} as id from lineage_edge edge join reached on edge.${from} = reached.id where edge.project = ? group by edge.${from}, edge.${to}`,
    [node, project, project],
  );
  const next = new Map<string, string[]>();
  for (const one of reached) next.set(one.parent, [...(next.get(one.parent) ?? []), one.id]);
  const queue = [node];
  for (const id of queue) {
    const depth = (depths.get(id) ?? 0) + 1;
    if (depth > deepest) continue;
    for (const other of next.get(id) ?? []) {
      if (depths.has(other)) continue;
      depths.set(other, depth);
      queue.push(other);
    }
  }
  const shown = [...depths].slice(0, limit);
  const known = await nodesOf(
    database,
    project,
    shown.map(([id]) => id),
  );
  const ids = new Set(shown.map(([id]) => id));
  const edges = await edgesAmong(database, project, [...ids], ids);
  return { nodes: shown.map(([id, depth]) => ({ ...(known.get(id) ?? bare(id)), depth })), edges, total: depths.size };
}

export async function findNode(database: Database, project: string, id: string): Promise<LineageNode | undefined> {
  return (await nodesOf(database, project, [id])).get(id);
}

const batch = 200;
const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

async function nodesOf(database: Database, project: string, ids: readonly string[]): Promise<Map<string, LineageNode>> {
  const found = new Map<string, LineageNode>();
  for (let at = 0; at < ids.length; at += batch) {
    const some = ids.slice(at, at + batch);
    const rows = await database.all<{ id: string; kind: string; title: string; digest: string | null; facts: string }>(
      `select id, kind, title, digest, facts from lineage_node where project = ? and id in (${marks(some.length)})`,
      [project, ...some],
    );
    for (const row of rows) found.set(row.id, { ...row, facts: JSON.parse(row.facts) as { [key: string]: Json } });
  }
  return found;
}

async function edgesAmong(database: Database, project: string, ids: readonly string[], among: ReadonlySet<string>): Promise<Edge[]> {
  const edges: Edge[] = [];
  for (let at = 0; at < ids.length; at += batch) {
    const some = ids.slice(at, at + batch);
    const rows = await database.all<{ from_id: string; to_id: string; relation: string }>(
      `select from_id, to_id, relation from lineage_edge where project = ? and from_id in (${marks(some.length)}) order by from_id, to_id, relation`,
      [project, ...some],
    );
    for (const row of rows) if (among.has(row.to_id)) edges.push({ from: row.from_id, to: row.to_id, relation: row.relation });
  }
  return edges;
}

const bare = (id: string): LineageNode => ({
  id,
  kind: id.split(":", 1)[0] ?? "",
  title: id.slice(id.indexOf(":") + 1),
  digest: null,
  facts: {},
});
