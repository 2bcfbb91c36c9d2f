import { Link, useParams } from "@tanstack/react-router";
import { useOperation } from "../data/api.ts";
import { Answer, Card, Empty, PageHead } from "../parts/layout.tsx";
import { placeAt } from "../app/places.ts";

/** A place in all projects: which projects have it. */
export function AllPage() {
  const { _splat } = useParams({ strict: false }) as { _splat?: string };
  const place = placeAt(`/${_splat ?? ""}`);
  const frame = useOperation("insights.frame", {});
  return (
    <>
      <PageHead title={place?.name ?? "All projects"}>Things live in a project. Choose one.</PageHead>
      <Answer query={frame}>
        {({ projects }) =>
          projects.length === 0 ? (
            <Empty title="There is no project yet." command="npm start" />
          ) : (
            <Card title="Projects" flush>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Project</th>
                    <th scope="col" className="num">
                      Models
                    </th>
                    <th scope="col" className="num">
                      Runs
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {projects.map((one) => (
                    <tr key={one.project}>
                      <td>
                        <Link to={`/p/${one.project}${place?.path ?? ""}` as never}>{one.project}</Link>
                      </td>
                      <td className="num">{one.models}</td>
                      <td className="num">{one.runs}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Card>
          )
        }
      </Answer>
    </>
  );
}
