import type { Output } from "../../data/api.ts";
import { Digest, To } from "../../parts/format.tsx";
import { Empty } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { AlertActs } from "./alert-acts.tsx";
import { short } from "./windows.ts";

/** Alerts with what they saw, what came of them, and the evidence frozen with each. */
export const AlertsTable = ({
  alerts,
  project,
  monitor = false,
  names,
}: {
  alerts: Output<"alerts.list">["alerts"];
  project: string;
  monitor?: boolean;
  /** Names of series by id, where they are known; inputs go by their column. */ names?: ReadonlyMap<string, string>;
}) =>
  alerts.length === 0 ? (
    <Empty title="No alert">Nothing went beyond its bound often enough to alert.</Empty>
  ) : (
    <div className="scroll" tabIndex={0} role="group" aria-label="Alerts">
      <table>
        <thead>
          <tr>
            <th>Alert</th>
            <th>State</th>
            {monitor && <th>Monitor</th>}
            <th>Window</th>
            <th>What</th>
            <th>Incident</th>
            <th>Retrains</th>
            <th>Evidence</th>
            <th className="num">Entry</th>
            <th>Say</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((one) => (
            <tr key={one.id}>
              <td>{one.id}</td>
              <td>
                <VerdictBadge mark={one.state === "closed" ? "skipped" : one.verdict} text={one.state} />
              </td>
              {monitor && (
                <td>
                  <To href={`/p/${project}/monitors/${one.monitor}`}>{one.monitor}</To>
                </td>
              )}
              <td style={{ whiteSpace: "nowrap" }}>
                {short(one.window.start)} to {short(one.window.end)}
              </td>
              <td style={{ padding: "5px 10px" }}>
                <span style={{ fontWeight: 500 }}>{one.title}</span>
                <div className="second">{one.detail}</div>
                <SeriesLinks base={`/p/${project}/monitors/${one.monitor}/columns`} series={one.series} names={names} />
              </td>
              <td>
                {one.incident === null ? (
                  <span className="muted">none</span>
                ) : (
                  <To href={`/p/${project}/incidents/${one.incident}`}>{one.incident}</To>
                )}
              </td>
              <td>{one.retrains ? "yes" : "no"}</td>
              <td>
                <Digest digest={one.evidence} />
              </td>
              <td className="num">{one.entry === null ? "–" : <To href={`/p/${project}/record/${one.entry}`}>{one.entry}</To>}</td>
              <td>
                <AlertActs alert={one} project={project} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

function SeriesLinks({ base, series, names }: { base: string; series: readonly string[]; names: ReadonlyMap<string, string> | undefined }) {
  const found = series
    .map((id) => names?.get(id) ?? (id.startsWith("column:") ? id.slice("column:".length) : null))
    .filter((name): name is string => name !== null);
  return (
    <div>
      {found.map((name, i) => (
        <span key={name}>
          {i > 0 && ", "}
          <To className="inline-link" href={`${base}/${name}`}>
            {name}
          </To>
        </span>
      ))}
    </div>
  );
}
