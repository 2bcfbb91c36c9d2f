import { useOperation } from "../../data/api.ts";
import { Ago, Digest, To, who } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import type { RunDetail } from "./run-detail.ts";
import { Seal } from "./seal.tsx";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
/** What a change of a sealed run was: the members of its payload that are not about seals. */
function changeOf(payload: Record<string, unknown>): string {
  const parts = Object.entries(payload)
    .filter(([name, value]) => !["seal", "before"].includes(name) && value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return parts.join(", ");
}

/** The seal and each entry about the run: how it ended, and every change since with the seal that named the one before. */
export function RecordTab({ project, run }: { project: string; run: RunDetail }) {
  const entries = useOperation("record.entries", { project, subject: `run:${run.id}`, limit: 200 });
  return (
    <div className="run-grid">
      <Answer query={entries}>
        {({ entries: all, total }) =>
          all.length === 0 ? (
            <Card title="Entries">
              <p className="second">The run has no entry yet: it gets its first when it ends.</p>
            </Card>
          ) : (
            <TableCard
              title="Entries"
              note={total === 1 ? "unchanged since it ended" : `${total - 1} recorded ${total === 2 ? "change" : "changes"} since it ended`}
              head={["When", "What", "Detail", "By", "Seal", "Seal before", num("Entry")]}
            >
              {all.map((one) => {
                const payload = (one.payload ?? {}) as Record<string, unknown>;
                return (
                  <tr key={one.id}>
                    <td style={{ whiteSpace: "nowrap" }}>
                      <Ago time={one.at} />
                    </td>
                    <td className="mono">{one.action}</td>
                    <td className="second wrapped">
                      {one.action === "run.ended" ? textOf(payload["status"]).toLowerCase() : changeOf(payload)}
                    </td>
                    <td className="second">{who(one.actor.name)}</td>
                    <td>
                      <Digest digest={textOf(payload["seal"]) || null} />
                    </td>
                    <td>
                      <Digest digest={textOf(payload["before"]) || null} />
                    </td>
                    <td className="num">
                      <To className="mono" href={`/p/${project}/record/${one.id}`}>
                        #{one.index}
                      </To>
                    </td>
                  </tr>
                );
              })}
            </TableCard>
          )
        }
      </Answer>
      <div className="card">
        <Seal project={project} run={run} deep />
      </div>
    </div>
  );
}
