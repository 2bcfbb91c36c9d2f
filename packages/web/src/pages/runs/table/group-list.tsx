import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { client, useOperation } from "../../../data/api.ts";
import { Ago, count, number, To } from "../../../parts/format.tsx";
import { Card, Failure } from "../../../parts/layout.tsx";
import { VerdictGlyph } from "../../../parts/verdict.tsx";
import { markOf } from "../status.ts";
import { Cell } from "./cell.tsx";
import type { TableColumn } from "./columns.ts";
import { keyText, valueText, withClause } from "./filter-text.ts";
import type { Question } from "./view.ts";

const membersShown = 10;

type Props = {
  project: string;
  question: Question;
  by: string;
  columns: readonly TableColumn[];
  order: readonly string[];
  wide: boolean;
  /** Leaves the groups for the runs of one. */ onOpen: (filter: string) => void;
};

/** Runs put together by a value, with least, mean and greatest of the shown metrics over all members. */
export function GroupList({ project, question, by, columns, order, wide, onOpen }: Props) {
  const metrics = columns.filter((one) => one.key.startsWith("metrics.")).slice(0, wide ? 4 : 1);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const input = { ...question, by, metrics: metrics.map((one) => one.key) };
  const found = useQuery({
    queryKey: ["runs.groups", input],
    queryFn: ({ signal }) => client.call("runs.groups", input, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });
  const experiments = useOperation("experiments.list", { project, state: "all", limit: 1000 }, { enabled: by === "experiment" });
  const called = new Map((by === "experiment" ? (experiments.data?.experiments ?? []) : []).map((one) => [one.id, one.name]));
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />;
  const { groups, total, runs } = found.data;
  const clauseOf = (value: string | null): string => {
    const key = by === "dataset" ? "dataset.digest" : keyText(by);
    if (value === null) return `${key} IS NULL`;
    return `${key} = ${valueText(key, by === "dataset" ? (value.split(" ").at(-1) ?? value) : value)}`;
  };
  const toggle = (value: string): void =>
    setOpened((old) => new Set(old.has(value) ? [...old].filter((one) => one !== value) : [...old, value]));
  return (
    <Card
      title={`By ${by.replace(/^(params|tags)\./, "")}`}
      note={`${count(groups.length)}${groups.length < total ? ` of ${count(total)}` : ""} ${total === 1 ? "group" : "groups"}, ${count(runs)} runs`}
      right="least, mean and greatest over all members"
      flush
    >
      <div className="scroll groups" tabIndex={0} role="group" aria-label="Groups of runs">
        <table>
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col" className="num">
                Runs
              </th>
              <th scope="col">State</th>
              {metrics.map((one) => (
                <th key={one.key} scope="col" className="num" colSpan={3} title={one.key}>
                  {one.name}
                  {one.note !== "" && <small> {one.note}</small>}
                </th>
              ))}
              <th scope="col" className="num">
                Newest
              </th>
            </tr>
          </thead>
          {groups.map((group) => {
            const key = group.value ?? "";
            const open = opened.has(key);
            const label = group.value === null ? "none" : group.value === "" ? "empty" : (called.get(group.value) ?? group.value);
            return (
              <tbody key={group.value ?? "\0"}>
                <tr>
                  <th scope="row">
                    <button type="button" className="group-open" aria-expanded={open} onClick={() => toggle(key)}>
                      {open ? (
                        <IconChevronDown size={14} stroke={1.75} aria-hidden />
                      ) : (
                        <IconChevronRight size={14} stroke={1.75} aria-hidden />
                      )}
                      <span className={group.value === null ? "muted" : ""}>{label}</span>
                    </button>
                  </th>
                  <td className="num">{count(group.runs)}</td>
                  <td>
                    <span className="verdict">
                      <VerdictGlyph mark={group.running > 0 ? "running" : group.failed > 0 ? "fail" : "pass"} label={false} />
                      {group.running > 0
                        ? `${count(group.running)} running`
                        : group.failed > 0
                          ? `${count(group.failed)} failed`
                          : "all ended well"}
                    </span>
                  </td>
                  {group.metrics.map((spread, i) => (
                    <Spread key={metrics[i]?.key ?? i} spread={spread} />
                  ))}
                  <td className="num muted">
                    <Ago time={group.newest} />
                  </td>
                </tr>
                {open && (
                  <Members
                    project={project}
                    question={{ ...question, filter: withClause(question.filter ?? "", clauseOf(group.value)) }}
                    columns={metrics}
                    order={order}
                    all={group.runs}
                    label={label}
                    onOpen={onOpen}
                  />
                )}
              </tbody>
            );
          })}
        </table>
      </div>
    </Card>
  );
}

function Spread({ spread }: { spread: { count: number; min: number | null; mean: number | null; max: number | null } | undefined }) {
  return (
    <>
      <td className="num muted" title="least">
        {number(spread?.min)}
      </td>
      <td className="num strong" title={`mean of ${spread?.count ?? 0} finite values`}>
        {number(spread?.mean)}
      </td>
      <td className="num muted" title="greatest">
        {number(spread?.max)}
      </td>
    </>
  );
}

/** The first of a group in the order of the page. */
function Members({
  project,
  question,
  columns,
  order,
  all,
  label,
  onOpen,
}: {
  project: string;
  question: Question;
  columns: readonly TableColumn[];
  order: readonly string[];
  all: number;
  label: string;
  onOpen: (filter: string) => void;
}) {
  const found = useOperation("runs.search", {
    ...question,
    order: [...order],
    columns: columns.map((one) => one.key),
    limit: membersShown,
  });
  if (!found.data)
    return (
      <tr>
        <td colSpan={4 + columns.length * 3}>
          {found.isError ? <Failure error={found.error} /> : <span className="muted">asking for its runs</span>}
        </td>
      </tr>
    );
  return (
    <>
      {found.data.rows.map((run) => (
        <tr key={run.id} className="member">
          <td colSpan={3}>
            <span className="verdict">
              <VerdictGlyph mark={markOf(run)} />
              <To href={`/p/${project}/runs/${run.id}`}>{run.name}</To>
            </span>
          </td>
          {columns.map((column, i) => (
            <td key={column.key} className="num" colSpan={3}>
              <Cell column={column} value={run.values[i]} />
            </td>
          ))}
          <td className="num muted">
            <Ago time={run.started} />
          </td>
        </tr>
      ))}
      <tr className="member">
        <td colSpan={4 + columns.length * 3}>
          <button type="button" className="text-button" onClick={() => onOpen(question.filter ?? "")}>
            Show {all === 1 ? "the run" : `all ${count(all)} runs`} of {label}
          </button>
        </td>
      </tr>
    </>
  );
}
