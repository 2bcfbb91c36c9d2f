import { useParams } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, seconds, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { markOf, moving, stateText } from "./state.ts";

type Release = Output<"releases.list">["releases"][number];
const took = (one: Release): number | null => (one.endedAt === null ? null : (Date.parse(one.endedAt) - Date.parse(one.startedAt)) / 1000);

/** What moves now, and how each release before it ended. */
export function ReleasesPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  return (
    <Answer query={useOperation("releases.list", { project })}>
      {({ releases }) => {
        const now = releases.filter((one) => moving(one.state));
        const back = releases.filter((one) => one.state === "rolled_back").length;
        const times = releases
          .map(took)
          .filter((one): one is number => one !== null)
          .sort((a, b) => a - b);
        return (
          <>
            <PageHead title="Releases">
              {now.length === 0
                ? "Nothing moves now. "
                : `${now.map((one) => one.release).join(", ")} ${now.length === 1 ? "moves" : "move"} now. `}
              A release moves a route to a model version; evidence decides each step, and going back needs none.
            </PageHead>
            {releases.length === 0 ? (
              <Card>
                <Empty title="No release yet" command="capstan release MODEL">
                  A model version goes live by a release: gate, shadow, a share of the traffic, everyone.
                </Empty>
              </Card>
            ) : (
              <>
                <Facts
                  facts={[
                    {
                      label: "Releases",
                      value: releases.length,
                      small: `${releases.filter((one) => one.verdict === "pass").length} passed`,
                    },
                    { label: "Taken back", value: back, small: back === 0 ? "none" : "each with its frozen evidence" },
                    {
                      label: "By override",
                      value: releases.filter((one) => one.override !== null).length,
                      small: "against the gate, with a reason",
                    },
                    { label: "Time to decision", value: seconds(times[Math.floor(times.length / 2)]), small: "median, start to end" },
                  ]}
                />
                <TableCard
                  title="History"
                  note="newest first"
                  label="Releases"
                  head={["Release", "Route", "From → to", "State", "Strategy", "What happened", "By", num("Took"), num("Started")]}
                >
                  {releases.map((one) => (
                    <tr key={one.release}>
                      <td>
                        <To href={`/p/${project}/releases/${one.release}`}>{one.release}</To>
                      </td>
                      <td>
                        <To href={`/p/${project}/routes/${one.route}`}>{one.route}</To>
                      </td>
                      <td style={{ whiteSpace: "nowrap" }}>
                        {one.from === null ? "nothing" : <To href={`/p/${project}/models/${one.model}/${one.from}`}>{one.from}</To>} →{" "}
                        <To href={`/p/${project}/models/${one.model}/${one.to}`}>
                          <strong>{one.to}</strong>
                        </To>
                      </td>
                      <td>
                        <VerdictBadge mark={markOf(one)} text={stateText(one.state)} />
                      </td>
                      <td>{one.strategy}</td>
                      <td className="second">
                        {one.because}
                        {one.override !== null && <div className="muted">override: {one.override}</div>}
                      </td>
                      <td className="second">{one.actor}</td>
                      <td className="num">{seconds(took(one))}</td>
                      <td className="num">
                        <Ago time={one.startedAt} />
                      </td>
                    </tr>
                  ))}
                </TableCard>
              </>
            )}
          </>
        );
      }}
    </Answer>
  );
}
