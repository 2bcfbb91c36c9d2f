import { useState } from "react";
import { useOperation } from "../data/api.ts";
import { Answer, Card, Empty } from "./layout.tsx";
import { LineageGraph } from "./lineage-graph.tsx";
import { LineageList } from "./lineage-list.tsx";
import { nodeLabel } from "./node.ts";

const depths = [1, 2, 3, 4] as const;

/** What a thing depends on and what depends on it: near as a graph, all of it as a list. */
export function Lineage({ project, node }: { project: string; node: string }) {
  const [depth, setDepth] = useState<number>(2);
  const asked = { project, node, depth, limit: 150 };
  const up = useOperation("record.lineage", { ...asked, direction: "up" });
  const down = useOperation("record.lineage", { ...asked, direction: "down" });
  return (
    <>
      <Card
        title={`Around ${nodeLabel(node)}`}
        note="left: what it came from; right: what came of it"
        right={
          <span className="segments" role="group" aria-label="Steps away">
            {depths.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={depth === one}
                onClick={() => setDepth(one)}
                title={`up to ${one} ${one === 1 ? "step" : "steps"} away`}
              >
                {one}
              </button>
            ))}
          </span>
        }
        flush
      >
        <Answer query={up}>
          {(above) => (
            <Answer query={down}>
              {(below) =>
                above.nodes.length + below.nodes.length <= 2 ? (
                  <Empty title="The record links nothing to it">What a run reads by name and makes by name is linked when it ends.</Empty>
                ) : (
                  <LineageGraph base={`/p/${project}`} node={node} up={above} down={below} />
                )
              }
            </Answer>
          )}
        </Answer>
      </Card>
      <LineageList project={project} node={node} />
    </>
  );
}
