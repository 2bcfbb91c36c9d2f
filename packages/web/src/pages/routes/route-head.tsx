import { Link } from "@tanstack/react-router";
import { client, type Output } from "../../data/api.ts";
import { Guarded } from "../../parts/guarded.tsx";
import { RolledBack } from "../../parts/rolled-back.tsx";

/** Going back is one click, in the same place on each page of a route. */
export const RouteActs = ({ project, one }: { project: string; one: Output<"routes.get"> }) => (
  <Guarded
    capability="rollback"
    className="button danger quiet"
    closed={one.back === null ? "there is nothing to go back to" : null}
    act={() => client.call("routes.rollback", { project, route: one.route })}
    said={(done) => <RolledBack project={project} model={one.model} done={done} />}
  >
    Roll back{one.back !== null && ` to ${one.back.version}`}
  </Guarded>
);

export const RouteTabs = ({ project, route }: { project: string; route: string }) => (
  <nav className="tabs" aria-label="Route">
    {(
      [
        ["overview", "Overview", ""],
        ["play", "Playground", "/play"],
      ] as const
    ).map(([id, text, path]) => (
      <Link key={id} to={`/p/${project}/routes/${route}${path}` as never} activeOptions={{ exact: true }}>
        {text}
      </Link>
    ))}
  </nav>
);
