import { useParams } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { count, number, To } from "../../parts/format.tsx";
import { Answer, Empty, PageHead } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { fine, RoutePart } from "./route-part.tsx";

type Routes = Output<"routes.list">["routes"];
/** What is served where, by which arms, how fast; with one route (or only one there is), all about it. */
export function RoutesPage() {
  const { project = "", route } = useParams({ strict: false }) as { project?: string; route?: string };
  return (
    <Answer query={useOperation("routes.list", { project })}>
      {({ routes }) => {
        const chosen = route ?? (routes.length === 1 ? routes[0]?.route : undefined);
        return (
          <>
            {route === undefined && (
              <>
                <PageHead title="Routes">
                  {routes.length === 0
                    ? "Nothing is served yet."
                    : `${routes.length} ${routes.length === 1 ? "route" : "routes"}. A release moves a route; a rollback needs no approval.`}
                </PageHead>
                <List project={project} routes={routes} />
              </>
            )}
            {chosen !== undefined && <RoutePart project={project} route={chosen} alone={route !== undefined} />}
          </>
        );
      }}
    </Answer>
  );
}

const List = ({ project, routes }: { project: string; routes: Routes }) => (
  <TableCard
    label="Routes"
    empty={
      routes.length === 0 && (
        <Empty title="No route yet" command="capstan release MODEL">
          The first release of a route makes it.
        </Empty>
      )
    }
    head={["Route", "Model", "Arms", "Back to", num("Epoch"), num("Requests"), num("Failures"), num("p50"), num("p99"), "Log", "Release"]}
  >
    {routes.map((one) => (
      <tr key={one.route}>
        <td>
          <To href={`/p/${project}/routes/${one.route}`}>
            <strong>{one.route}</strong>
          </To>
        </td>
        <td>
          <To href={`/p/${project}/models/${one.model}`}>{one.model}</To>
        </td>
        <td>
          {one.arms.map((arm) => (
            <span key={arm.arm} className={arm.arm === "live" ? "tag accent" : "tag"}>
              {arm.version} {arm.arm} {number(arm.share * 100)} %
            </span>
          ))}
        </td>
        <td>{one.back === null ? "nothing" : `${one.back.version}, ${one.back.warm ? "warm" : "not loaded"}`}</td>
        <td className="num">{one.epoch}</td>
        <td className="num">{count(one.requests)}</td>
        <td className="num">{count(one.failures)}</td>
        <td className="num">{fine(one.latency?.p50)}</td>
        <td className="num">{fine(one.latency?.p99)}</td>
        <td>{one.log}</td>
        <td>
          {one.release === null ? (
            <span className="muted">none moves</span>
          ) : (
            <To href={`/p/${project}/releases/${one.release}`}>{one.release}</To>
          )}
        </td>
      </tr>
    ))}
  </TableCard>
);
