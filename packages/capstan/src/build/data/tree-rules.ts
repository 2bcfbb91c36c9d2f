import { canonicalJson } from "../../base/foundation/canonical-json.ts";
import { sha256 } from "../../base/foundation/hashing.ts";

export type TreeEntry = { name: string; kind: "file" | "exec" | "tree"; sizeBytes: number; digest: string };
/** A node is a blob of canonical JSON: a list of entries sorted by the bytes of their names, or, when there are many, shards by the first byte of the name's hash. */
export type TreeNode = { tree: 1; entries: TreeEntry[] } | { tree: 1; shards: { [firstByte: string]: string } };

const shardAbove = 4_096;

/** The nodes of one folder, children first; the last is the folder's own. Changing one file of a large folder changes two of them. */
export function nodesOf(entries: readonly TreeEntry[]): { digest: string; bytes: Buffer }[] {
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  if (sorted.length <= shardAbove) return [node({ tree: 1, entries: sorted })];
  const groups = new Map<string, TreeEntry[]>();
  for (const entry of sorted) {
    const key = sha256(entry.name).slice(0, 2);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  const shards = [...groups].map(([key, group]) => ({ key, node: node({ tree: 1, entries: group }) }));
  return [
    ...shards.map((shard) => shard.node),
    node({ tree: 1, shards: Object.fromEntries(shards.map((shard) => [shard.key, shard.node.digest])) }),
  ];
}

function node(value: TreeNode): { digest: string; bytes: Buffer } {
  const bytes = Buffer.from(canonicalJson(value));
  return { digest: sha256(bytes), bytes };
}

/** Names that lead out of the folder never come from a folder: such a node was made by hand. */
export function isSafeName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\\") && !name.includes("\0");
}
