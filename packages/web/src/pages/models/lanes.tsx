import { type Output, useOperation } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { TableCard } from "../../parts/table-card.tsx";
import "./models.css";

type Epoch = Output<"routes.get">["epochs"][number];
const shownAtMost = 24;

const shareText = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** Which version answered which share of a route, one column per route table, oldest first. */
export function Lanes({
  project,
  model,
  route,
  incidents,
}: {
  project: string;
  model: string;
  route: string;
  incidents: readonly { incident: string; at: string }[];
}) {
  const query = useOperation("routes.get", { project, route });
  if (!query.data || query.data.epochs.length === 0) return null;
  const all = query.data.epochs.toReversed();
  const epochs = all.slice(-shownAtMost);
  const versions = [
    ...new Set(epochs.flatMap((epoch) => epoch.arms.filter((arm) => arm.model === model).map((arm) => arm.version))),
  ].toSorted((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
  const release = (epoch: Epoch): string | undefined => /\bR-\d+\b/.exec(epoch.reason)?.[0];
  const within = (i: number): readonly { incident: string; at: string }[] =>
    incidents.filter((one) => one.at >= (epochs[i]?.at ?? "") && (epochs[i + 1] === undefined || one.at < (epochs[i + 1]?.at ?? "")));
  const marked = epochs.some((_, i) => within(i).length > 0);
  return (
    <TableCard
      title={`Who answered ${route}`}
      note={`a column is one route table, oldest first${all.length > epochs.length ? `; the last ${epochs.length} of ${all.length}` : ""}`}
      head={["Version", ...epochs.map((epoch) => ({ text: <span title={epoch.reason}>{release(epoch) ?? `#${epoch.epoch}`}</span> }))]}
      foot={
        <tfoot>
          {marked && (
            <tr>
              <th scope="row">incident</th>
              {epochs.map((epoch, i) => (
                <td key={epoch.epoch}>
                  {within(i)
                    .slice(0, 2)
                    .map((one) => (
                      <div key={one.incident}>
                        <To href={`/p/${project}/incidents/${one.incident}`}>{one.incident}</To>
                      </div>
                    ))}
                </td>
              ))}
            </tr>
          )}
          <tr>
            <th scope="row">since</th>
            {epochs.map((epoch) => (
              <td key={epoch.epoch} className="muted">
                <To className="lane-when" href={`/p/${project}/record/${epoch.entry}`}>
                  <Ago time={epoch.at} />
                </To>
              </td>
            ))}
          </tr>
        </tfoot>
      }
    >
      {versions.map((version) => (
        <tr key={version}>
          <th scope="row">
            <To href={`/p/${project}/models/${model}/${version}`}>{version}</To>
          </th>
          {epochs.map((epoch) => {
            const arm = epoch.arms.find((one) => one.model === model && one.version === version);
            return (
              <td key={epoch.epoch} className="lane">
                {arm && (
                  <span className={arm.arm === "shadow" ? "lane-arm shadow" : "lane-arm"} title={epoch.reason}>
                    {arm.arm !== "shadow" && <i style={{ height: `${Math.max(6, 100 * arm.share)}%` }} />}
                    <span>{arm.arm === "shadow" ? "shadow" : shareText(arm.share)}</span>
                  </span>
                )}
              </td>
            );
          })}
        </tr>
      ))}
    </TableCard>
  );
}
