import { useState } from "react";
import { useOperation } from "../data/api.ts";
import { count, Digest, To } from "./format.tsx";
import { Answer, Card, Empty } from "./layout.tsx";
import { nodeHref, nodeLabel } from "./node.ts";

/** What a thing depends on, or what depends on it, nearest first. */
export function LineageList({ project, node }: { project: string; node: string }) {
  const [direction, setDirection] = useState<"up" | "down">("up");
  const query = useOperation("record.lineage", { project, node, direction, depth: 64, limit: 1000 });
  const choice = (value: "up" | "down", text: string) => (
    <button
      type="button"
      className="button"
      aria-pressed={direction === value}
      onClick={() => setDirection(value)}
      style={{ height: 24, ...(direction === value && { background: "var(--accent-soft)", color: "var(--accent-ink)" }) }}
    >
      {text}
    </button>
  );
  return (
    <Card
      title={`All of the lineage of ${nodeLabel(node)}`}
      note={
        query.data &&
        Object.entries(query.data.counts)
          .map(([kind, n]) => `${n} ${kind}`)
          .join(", ")
      }
      right={
        <span style={{ display: "inline-flex", gap: 4 }}>
          {choice("up", "Depends on")}
          {choice("down", "Is affected by it")}
        </span>
      }
      flush
    >
      <Answer query={query}>
        {(answer) =>
          answer.nodes.length <= 1 ? (
            <Empty title={direction === "up" ? "It depends on nothing in the record" : "Nothing in the record depends on it"} />
          ) : (
            <div className="scroll" tabIndex={0} role="group" aria-label="Lineage" style={{ maxHeight: 380, overflowY: "auto" }}>
              <table>
                <thead>
                  <tr>
                    <th className="num">Steps away</th>
                    <th>Kind</th>
                    <th>Name</th>
                    <th>Node</th>
                    <th>Linked by</th>
                    <th>Digest</th>
                  </tr>
                </thead>
                <tbody>
                  {answer.nodes.map((one) => (
                    <tr key={one.id}>
                      <td className="num">{one.depth}</td>
                      <td>
                        <span className="tag">{one.kind}</span>
                      </td>
                      <td style={{ fontWeight: 500 }}>{one.title}</td>
                      <td>
                        <To href={nodeHref(`/p/${project}`, one.id)}>{nodeLabel(one.id)}</To>
                      </td>
                      <td className="second">
                        {[
                          ...new Set(
                            answer.edges.filter((edge) => edge.from === one.id || edge.to === one.id).map((edge) => edge.relation),
                          ),
                        ].join(", ")}
                      </td>
                      <td>
                        <Digest digest={one.digest} />
                      </td>
                    </tr>
                  ))}
                </tbody>
                {answer.total > answer.nodes.length && (
                  <tfoot>
                    <tr>
                      <td colSpan={6} className="muted">
                        {count(answer.nodes.length)} of {count(answer.total)} nodes, the nearest
                      </td>
                    </tr>
                  </tfoot>
                )}
              </table>
            </div>
          )
        }
      </Answer>
    </Card>
  );
}
