import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { day, seconds, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { AlertsTable } from "./alerts.tsx";

/** Is the world still as in training: every monitor with its newest windows. */
export function MonitorsPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  const alerts = useOperation("alerts.list", { project, state: "all", limit: 100 });
  return (
    <Answer query={useOperation("monitors.list", { project })}>
      {({ monitors }) => {
        const open = monitors.reduce((sum, one) => sum + one.alertsOpen, 0);
        return (
          <>
            <PageHead title="Monitors">
              {monitors.length === 0
                ? "Nothing is watched yet."
                : `${monitors.length} ${monitors.length === 1 ? "monitor" : "monitors"}, ${open === 0 ? "no alert is open" : `${open} ${open === 1 ? "alert" : "alerts"} open`}. Each compares windows of what a route answered with what its model learned from.`}
            </PageHead>
            <TableCard
              title="Monitors"
              empty={
                monitors.length === 0 && (
                  <Empty title="No monitor yet">
                    Declare one under <code>monitors</code> in capstan.yaml.
                  </Empty>
                )
              }
              head={[
                "Monitor",
                "Verdict",
                "Route",
                "Newest windows, oldest first",
                num("Quiet"),
                num("Window"),
                num("Labels after"),
                num("Alerts open"),
                num("Last window ended"),
              ]}
            >
              {monitors.map((one) => (
                <tr key={one.monitor}>
                  <td>
                    <To href={`/p/${project}/monitors/${one.monitor}`}>
                      <strong>{one.monitor}</strong>
                    </To>
                  </td>
                  <td>
                    <VerdictBadge mark={one.verdict} />
                  </td>
                  <td>
                    <To href={`/p/${project}/routes/${one.route}`}>{one.route}</To>
                  </td>
                  <td>
                    <span role="img" aria-label={one.recent.join(", ")} style={{ display: "inline-flex", gap: 3, verticalAlign: "middle" }}>
                      {one.recent.map((verdict, i) => (
                        <VerdictGlyph key={i} mark={verdict} size={13} label={false} />
                      ))}
                    </span>
                  </td>
                  <td className="num">
                    {one.quiet} of {one.series}
                  </td>
                  <td className="num">{seconds(one.windowSeconds)}</td>
                  <td className="num">{seconds(one.labelDelaySeconds)}</td>
                  <td className="num">{one.alertsOpen}</td>
                  <td className="num">{one.lastWindow === null ? "–" : day(one.lastWindow.end)}</td>
                </tr>
              ))}
            </TableCard>
            <Card title="Alerts" note="newest first" flush>
              <Answer query={alerts}>{(answer) => <AlertsTable alerts={answer.alerts} project={project} monitor />}</Answer>
            </Card>
          </>
        );
      }}
    </Answer>
  );
}
