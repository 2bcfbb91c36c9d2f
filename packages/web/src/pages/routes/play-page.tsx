import "./routes.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { number, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, Failure, PageHead } from "../../parts/layout.tsx";
import { Answers } from "./answers.tsx";
import { infer, type Reply, requestOf, type Row, scoreOf, wrong } from "./infer.ts";
import { InputCard } from "./input-card.tsx";
import { RouteActs, RouteTabs } from "./route-head.tsx";
import { Sweep } from "./sweep.tsx";

type Route = Output<"routes.get">;
type Tried = { row: Row; replies: Reply[]; changed: string };

/** What does a route answer to this row, by each arm it could answer with. */
export function PlayPage() {
  const { project = "", route = "" } = useParams({ strict: false }) as { project?: string; route?: string };
  return (
    <Answer query={useOperation("routes.get", { project, route })}>{(one) => <Page key={one.route} project={project} one={one} />}</Answer>
  );
}

function Page({ project, one }: { project: string; one: Route }) {
  const queries = useQueryClient();
  const columns = one.signature?.inputs ?? [];
  const seen = useOperation("predictions.list", { project, route: one.route, limit: 500 });
  const rows = useMemo((): Row[] => {
    const kept = seen.data?.predictions.filter((each) => each.use !== "playground") ?? [];
    return kept.map((each) => Object.fromEntries(columns.map((column) => [column.name, String(each.features[column.name] ?? "")])));
  }, [seen.data, one.signature]);
  const [typed, setTyped] = useState<Row>();
  const [tried, setTried] = useState<Tried[]>([]);
  const row =
    typed ??
    rows[0] ??
    Object.fromEntries(
      columns.map((column) => [column.name, column.datatype === "BOOL" ? "false" : column.datatype === "BYTES" ? "" : "0"]),
    );
  const arms = [
    ...one.arms.map((arm) => ({
      version: arm.version,
      name: arm.arm === "shadow" ? "shadow" : `${arm.arm} ${number(arm.share * 100)} %`,
      bundle: arm.bundle,
    })),
    ...(one.back && !one.arms.some((arm) => arm.version === one.back?.version)
      ? [{ version: one.back.version, name: "way back", bundle: one.back.bundle }]
      : []),
  ];
  const bad = columns.filter((column) => wrong(column, row[column.name] ?? "") !== null);
  const asking = useMutation({
    mutationFn: async (asked: Row): Promise<Tried> => {
      const before = tried[0]?.row;
      const replies = await Promise.all(arms.map((arm) => infer(one.url, arm.version, columns, [asked])));
      const different = before ? columns.filter((column) => before[column.name] !== asked[column.name]) : [];
      const changed = !before
        ? "first row"
        : different.length === 0
          ? "the same row"
          : different.length > 2
            ? `${different.length} fields`
            : different.map((column) => `${column.name} ${asked[column.name]}`).join(", ");
      return { row: asked, replies, changed };
    },
    onSuccess: (done) => {
      setTried([done, ...tried].slice(0, 12));
      return queries.invalidateQueries({ queryKey: ["routes.get"] });
    },
  });
  const last = tried[0];
  return (
    <>
      <PageHead
        title={one.route}
        tags={
          <>
            <span className="tag">route</span>
            <span className="tag accent">{one.live ?? "nothing"} live</span>
            <span className="tag">epoch {one.epoch}</span>
          </>
        }
        acts={<RouteActs project={project} one={one} />}
      >
        {arms.length} {arms.length === 1 ? "version is" : "versions are"} loaded on epoch {one.epoch}. Calls from here are logged as
        playground; monitors leave them out.
      </PageHead>
      <RouteTabs project={project} route={one.route} />
      {columns.length === 0 ? (
        <Card>
          <Empty title="The signature is not known yet">A route can be tried once a version with a signature is live.</Empty>
        </Card>
      ) : seen.isPending ? (
        <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />
      ) : (
        <div className="play">
          <InputCard
            columns={columns}
            row={row}
            rows={rows}
            change={setTyped}
            ask={() => {
              if (bad.length === 0 && !asking.isPending) asking.mutate(row);
            }}
            closed={
              bad.length > 0
                ? `${bad.map((column) => column.name).join(", ")} ${bad.length === 1 ? "does" : "do"} not fit the signature`
                : null
            }
            pending={asking.isPending}
          />
          <div className="grid" style={{ alignContent: "start" }}>
            {asking.isError && (
              <Card>
                <Failure error={asking.error} />
              </Card>
            )}
            {last ? (
              <>
                <Answers arms={arms} replies={last.replies} base={`/p/${project}/models/${one.model}`} />
                <Sweep
                  key={last.replies.map((reply) => reply.version).join()}
                  url={one.url}
                  arms={arms.map((arm) => arm.version)}
                  columns={columns}
                  row={last.row}
                  rows={rows}
                />
              </>
            ) : (
              <Card>
                <Empty title="Nothing was asked yet">Predict sends the row to each loaded version and puts the answers side by side.</Empty>
              </Card>
            )}
          </div>
          <div className="grid" style={{ alignContent: "start" }}>
            <Card title={last ? "Reply" : "Request"} note="Open Inference Protocol">
              <pre className="mono code" tabIndex={0} aria-label={last ? "Reply" : "Request"}>
                {JSON.stringify(last ? last.replies[0]?.body : requestOf(columns, [row]), null, 2)}
              </pre>
            </Card>
            {last && (
              <Card title="Tried here" note={arms.map((arm) => arm.version).join(", ")} flush>
                <div className="scroll" tabIndex={0} role="group" aria-label="Tried here">
                  <table>
                    <thead>
                      <tr>
                        <th>What changed</th>
                        {last.replies.map((reply) => (
                          <th key={reply.version} className="num">
                            {reply.version}
                          </th>
                        ))}
                      </tr>
                    </thead>
                    <tbody>
                      {tried.map((each, i) => (
                        <tr key={tried.length - i} className={i === 0 ? "selected" : undefined}>
                          <td>
                            <button type="button" className="text-button" onClick={() => setTyped(each.row)}>
                              {each.changed}
                            </button>
                          </td>
                          {each.replies.map((reply) => (
                            <td key={reply.version} className="num">
                              {number(scoreOf(reply))}
                            </td>
                          ))}
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
                <p className="muted" style={{ padding: "8px 14px" }}>
                  Each is a row of the <To href={`/p/${project}/routes/${one.route}`}>prediction log</To>.
                </p>
              </Card>
            )}
          </div>
        </div>
      )}
    </>
  );
}
