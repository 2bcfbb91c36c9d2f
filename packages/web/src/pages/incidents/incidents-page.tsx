import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, seconds, To } from "../../parts/format.tsx";
import { Answer, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { SeverityBadge, StateTag } from "./severity.tsx";

/** What went wrong, how long it was silent, and what is still to do. */
export function IncidentsPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  return (
    <Answer query={useOperation("incidents.list", { project, state: "all", limit: 1000 })}>
      {({ incidents }) => {
        const open = incidents.filter((one) => one.state !== "closed");
        const silent = incidents
          .map((one) => one.silentSeconds)
          .filter((one): one is number => one !== null)
          .sort((a, b) => a - b);
        return (
          <>
            <PageHead title="Incidents">
              {incidents.length === 0
                ? "Nothing went wrong yet."
                : `${open.length} not closed of ${incidents.length}. Each is assembled from the record; closing waits for its actions.`}
            </PageHead>
            {incidents.length > 0 && (
              <Facts
                facts={[
                  {
                    label: "Not closed",
                    value: open.length,
                    small: `${open.filter((one) => one.state === "open").length} open, ${open.filter((one) => one.state === "stable").length} stable`,
                  },
                  {
                    label: "Actions open",
                    value: incidents.reduce((sum, one) => sum + one.actionsOpen, 0),
                    small: "closed by a check, not by a word",
                  },
                  { label: "Silent for", value: seconds(silent[Math.floor(silent.length / 2)]), small: "median, impact to detection" },
                  {
                    label: "Found by a monitor",
                    value: `${incidents.filter((one) => one.alerts > 0).length} of ${incidents.length}`,
                    small: "the others by a release's guards or people",
                  },
                ]}
              />
            )}
            <TableCard
              title="Incidents"
              note="newest first"
              empty={incidents.length === 0 && <Empty title="No incident">Monitors and the guards of releases open them.</Empty>}
              head={[
                "Incident",
                "Severity",
                "What",
                "State",
                "Model",
                "Class",
                num("Silent"),
                num("Mitigate"),
                num("Restore"),
                num("Alerts"),
                num("Actions open"),
                num("Opened"),
              ]}
            >
              {incidents.map((one) => (
                <tr key={one.incident}>
                  <td>
                    <To href={`/p/${project}/incidents/${one.incident}`}>
                      <strong>{one.incident}</strong>
                    </To>
                  </td>
                  <td>
                    <SeverityBadge severity={one.severity} />
                  </td>
                  <td style={{ fontWeight: 500, padding: "5px 10px" }}>{one.title}</td>
                  <td>
                    <StateTag state={one.state} />
                  </td>
                  <td>{one.model === null ? "–" : <To href={`/p/${project}/models/${one.model}`}>{one.model}</To>}</td>
                  <td>{one.class}</td>
                  <td className="num">{seconds(one.silentSeconds)}</td>
                  <td className="num">{seconds(one.mitigateSeconds)}</td>
                  <td className="num">{seconds(one.restoreSeconds)}</td>
                  <td className="num">{one.alerts}</td>
                  <td className="num">{one.actionsOpen}</td>
                  <td className="num">
                    <Ago time={one.openedAt} />
                  </td>
                </tr>
              ))}
            </TableCard>
          </>
        );
      }}
    </Answer>
  );
}
