import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Evidence, EvidenceChart } from "../../parts/evidence-chart.tsx";
import { number } from "../../parts/format.tsx";
import { Card, Empty, Failure } from "../../parts/layout.tsx";
import { type Column, infer, type Row } from "./infer.ts";

const points = 41;

/** One field moved over the range that was seen, all else as given: the score of each version. */
export function Sweep({
  url,
  arms,
  columns,
  row,
  rows,
}: {
  url: string;
  arms: readonly string[];
  columns: readonly Column[];
  row: Row;
  rows: readonly Row[];
}) {
  const movable = columns.filter((column) => column.datatype !== "BYTES" && column.datatype !== "BOOL");
  const [name, setName] = useState(movable[0]?.name ?? "");
  const column = movable.find((each) => each.name === name);
  const x = useMemo(() => {
    if (!column) return [];
    const given = Number(row[column.name]);
    const known = [given, ...rows.map((each) => Number(each[column.name]))].filter((value) => Number.isFinite(value));
    const low = Math.min(...known);
    const high = Math.max(...known);
    const [from, to] = low === high ? [given - Math.max(1, Math.abs(given)), given + Math.max(1, Math.abs(given))] : [low, high];
    const whole = column.datatype.startsWith("INT");
    return [
      ...new Set(
        Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1)).map((value) =>
          whole ? Math.round(value) : value,
        ),
      ),
    ];
  }, [column, row, rows]);
  const swept = useQuery({
    queryKey: ["playground", url, arms, name, row, x],
    queryFn: () =>
      Promise.all(
        arms.map((version) =>
          infer(
            url,
            version,
            columns,
            x.map((value) => ({ ...row, [name]: String(value) })),
          ),
        ),
      ),
    enabled: x.length > 0,
    staleTime: Infinity,
    retry: false,
  });
  const evidence = useMemo((): Evidence => {
    const given = Number(row[name]);
    return {
      x,
      lines: (swept.data ?? []).map((reply) => ({
        label: reply.version,
        values: (reply.outputs[0]?.data ?? []).map((value) => (typeof value === "number" ? value : null)),
      })),
      marks: Number.isFinite(given) ? [{ x: given, label: `given ${number(given)}` }] : [],
    };
  }, [swept.data, x, row, name]);
  return (
    <Card
      title="What moves it"
      note={`${name}, all else as given`}
      right={
        <label>
          <span className="visually-hidden">Field that is moved</span>
          <select className="field" style={{ height: 26, width: "auto" }} value={name} onChange={(event) => setName(event.target.value)}>
            {movable.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </label>
      }
    >
      {movable.length === 0 ? (
        <Empty title="No field is a number" />
      ) : swept.isError ? (
        <Failure error={swept.error} retry={() => void swept.refetch()} />
      ) : swept.data ? (
        <EvidenceChart
          evidence={evidence}
          xText={number}
          height={220}
          summary={`score of ${arms.join(" and ")} as ${name} goes from ${number(x[0])} to ${number(x.at(-1))}, all else as given`}
        />
      ) : (
        <div className="skeleton" role="status" aria-busy="true" aria-label="loading" style={{ height: 220 }} />
      )}
    </Card>
  );
}
