import { CapstanError } from "../../base/foundation/errors.ts";
import { short } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "All that a thing depends on, to data digests and code; or, with --down, all that depends on it.",
  usage: "closure REF [--down] [--depth N]",
  mostWords: 1,
  examples: ["closure late-arrival@live", "closure data:flights@v1 --down"],
  flags: { down: { type: "boolean", text: "what is affected by it" }, depth: { type: "string", text: "links to follow" } },
  async run(context) {
    const { out } = context;
    const [word] = context.words;
    if (word === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "closure of what?", verb: "closure" });
    const { project } = context.place();
    const connection = await context.read();
    let node = /^[a-z]+:/.test(word) ? word : `model:${word}`;
    const alias = /^model:([a-z0-9-]+)(?:@(.+))?$/.exec(node);
    if (alias && !/^v\d+$/.test(alias[2] ?? "")) {
      const found = await connection.call("models.version", { project, model: alias[1] ?? "", version: alias[2] ?? "latest" });
      node = `model:${alias[1]}@${found.version}`;
    }
    const answer = await connection.call("record.lineage", {
      project,
      node,
      direction: context.on("down") ? "down" : "up",
      depth: Number(context.text("depth") ?? 64),
    });
    out.document(answer);
    const byId = new Map(answer.nodes.map((one) => [one.id, one]));
    const next = new Map<string, { to: string; relation: string }[]>();
    const from = context.on("down") ? "to" : "from";
    for (const edge of answer.edges)
      next.set(edge[from], [...(next.get(edge[from]) ?? []), { to: context.on("down") ? edge.from : edge.to, relation: edge.relation }]);
    out.result(
      `${node}     ${answer.total} things, ${answer.edges.length} links     ${Object.entries(answer.counts)
        .map(([kind, n]) => `${n} ${kind}`)
        .join(", ")}`,
    );
    const seen = new Set<string>([node]);
    const walk = (id: string, indent: string): void => {
      const children = (next.get(id) ?? []).toSorted((a, b) => (a.to < b.to ? -1 : 1));
      children.forEach((child, i) => {
        const last = i === children.length - 1;
        const known = byId.get(child.to);
        const again = seen.has(child.to);
        out.result(
          `${indent}${last ? "└" : "├"} ${child.relation.padEnd(10)} ${child.to.replace(/[0-9a-f]{32,64}/, (hex) => short(hex))}  ${known?.title ?? ""}${known?.digest ? `  ${short(known.digest)}` : ""}${again ? "  (above)" : ""}`,
        );
        if (again) return;
        seen.add(child.to);
        walk(child.to, `${indent}${last ? "  " : "│ "}`);
      });
    };
    walk(node, "");
    return 0;
  },
};
