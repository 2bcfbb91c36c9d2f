import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useOperation } from "../../data/api.ts";
import { count, Digest, To } from "../../parts/format.tsx";
import { Card, Empty } from "../../parts/layout.tsx";
import { nodeHref, nodeLabel } from "../../parts/node.ts";
import { num, TableCard } from "../../parts/table-card.tsx";
import { columnsOf, placeOf, sizeOf } from "./described.ts";
import type { RunDetail } from "./run-detail.ts";

/** What the run read and what it made, by digest where it is known, and what the registry made of it. */
export function InputsTab({ project, run }: { project: string; run: RunDetail }) {
  const base = `/p/${project}`;
  const after = useOperation("record.lineage", { project, node: `run:${run.id}`, direction: "down", depth: 3, limit: 200 });
  const registered = after.data?.nodes.filter((one) => one.kind === "model") ?? [];
  const reads = run.models.filter((one) => one.direction === "inputs");
  const made = run.models.filter((one) => one.direction === "outputs");
  const none = run.inputs.length + run.outputs.length + run.datasets.length + run.models.length + registered.length === 0;
  if (none && !after.isPending)
    return (
      <Card>
        <Empty title="Nothing is named as read or made" command='mlflow.log_input(dataset, context="training")'>
          Steps of a pipeline name theirs by themselves; a client logs datasets and models.
        </Empty>
      </Card>
    );
  return (
    <>
      <Links title="Inputs" base={base} links={run.inputs} />
      <Datasets run={run} />
      <Models title="Models it read" run={run} base={base} models={reads} />
      <Links title="Outputs" base={base} links={run.outputs} />
      <Models title="Models it logged" run={run} base={base} models={made} />
      {registered.length > 0 && (
        <TableCard title="Registered" note="model versions that came of it" head={["Version", "Steps away", "Digest"]}>
          {registered.map((one) => (
            <tr key={one.id}>
              <td>
                <To href={nodeHref(base, one.id)}>{one.title}</To>
              </td>
              <td>{one.depth}</td>
              <td>
                <Digest digest={one.digest} />
              </td>
            </tr>
          ))}
        </TableCard>
      )}
    </>
  );
}

const Links = ({ title, base, links }: { title: string; base: string; links: RunDetail["inputs"] }): ReactNode =>
  links.length > 0 && (
    <TableCard title={title} note={count(links.length)} head={["Name", "What", "Digest"]}>
      {links.map((one) => (
        <tr key={one.name + one.node}>
          <th scope="row" className="clipped" style={{ fontWeight: 400 }} title={one.name}>
            {one.name}
          </th>
          <td>
            <To href={nodeHref(base, one.node)}>{nodeLabel(one.node)}</To>
          </td>
          <td>
            <Digest digest={one.digest} />
          </td>
        </tr>
      ))}
    </TableCard>
  );

const Datasets = ({ run }: { run: RunDetail }): ReactNode =>
  run.datasets.length > 0 && (
    <TableCard
      title="Datasets it read"
      note="as the client described them; their digests are the client's own"
      head={["Dataset", "For", "From", "Size", "Columns", "Client's digest"]}
    >
      {run.datasets.map((one) => {
        const columns = columnsOf(one.schema);
        return (
          <tr key={one.name + one.digest}>
            <th scope="row" style={{ fontWeight: 500 }}>
              {one.name}
            </th>
            <td>{one.context ?? <span className="muted">not said</span>}</td>
            <td className="second wrapped">
              {one.sourceType} {placeOf(one.source)}
            </td>
            <td>{sizeOf(one.profile) || <span className="muted">not said</span>}</td>
            <td className="second wrapped" title={columns.join("\n")}>
              {columns.length === 0 ? <span className="muted">not said</span> : columns.slice(0, 6).join(", ")}
              {columns.length > 6 && `, ${columns.length - 6} more`}
            </td>
            <td className="mono">{one.digest}</td>
          </tr>
        );
      })}
    </TableCard>
  );

const Models = ({ title, run, base, models }: { title: string; run: RunDetail; base: string; models: RunDetail["models"] }): ReactNode =>
  models.length > 0 && (
    <TableCard title={title} head={["Model", "Type", "State", num("At step"), "Params", "Files"]}>
      {models.map((one) => (
        <tr key={`${one.id} ${one.step}`}>
          <th scope="row" style={{ fontWeight: 500 }}>
            {one.name} <span className="muted mono">{one.id.slice(0, 10)}</span>
          </th>
          <td>{one.type ?? <span className="muted">not said</span>}</td>
          <td>{one.status.toLowerCase().replaceAll("_", " ")}</td>
          <td className="num">{count(one.step)}</td>
          <td className="second wrapped">
            {Object.entries(one.params)
              .slice(0, 4)
              .map(([name, value]) => `${name} ${value}`)
              .join(", ") || <span className="muted">none</span>}
          </td>
          <td>
            {one.direction === "outputs" && (
              <Link to={`${base}/runs/${run.id}/artifacts` as never} search={{ model: one.id, path: "MLmodel" } as never}>
                open
              </Link>
            )}
          </td>
        </tr>
      ))}
    </TableCard>
  );
