import { useState } from "react";
import { To } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import type { LoopModel } from "./board.tsx";
import { stations } from "./stations.ts";

const columns = ["model", "project", "level", ...stations.map((one) => one.id), "turns"] as const;
type Column = (typeof columns)[number];
const urgency = ["error", "fail", "inconclusive", "warn", "running", "waiting", "skipped", "reused", "pass", "none"];

const valueOf = (model: LoopModel, column: Column): string | number =>
  column === "model" || column === "project"
    ? model[column]
    : column === "turns"
      ? model.turns
      : column === "level"
        ? (model.level ?? -1)
        : urgency.indexOf(model.stations[column].mark);

/** The facts of the board as columns that sort. */
export function LoopTable({ models }: { models: readonly LoopModel[] }) {
  const [sort, setSort] = useState<{ by: Column; down: boolean }>({ by: "model", down: false });
  const rows = models.toSorted((a, b) => {
    const [left, right] = [valueOf(a, sort.by), valueOf(b, sort.by)];
    return (left < right ? -1 : left > right ? 1 : 0) * (sort.down ? -1 : 1);
  });
  const name = (column: Column): string =>
    stations.find((one) => one.id === column)?.name ?? `${column[0]?.toUpperCase()}${column.slice(1)}`;
  return (
    <section className="card" aria-label="Models on the loop">
      <div className="scroll" tabIndex={0} role="group" aria-label="Table of models">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" aria-sort={sort.by === column ? (sort.down ? "descending" : "ascending") : "none"}>
                  <button type="button" onClick={() => setSort({ by: column, down: sort.by === column && !sort.down })}>
                    {name(column)}
                    <span aria-hidden>{sort.by === column ? (sort.down ? " ↓" : " ↑") : ""}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((model) => (
              <tr key={`${model.project}/${model.model}`}>
                <th scope="row">
                  <To href={model.href}>{model.model}</To>
                </th>
                <td>{model.project}</td>
                <td>{model.level ?? "–"}</td>
                {stations.map(({ id }) => (
                  <td key={id}>
                    <span className="verdict">
                      <VerdictGlyph mark={model.stations[id].mark} />
                      <To href={model.stations[id].href}>{model.stations[id].fact || "–"}</To>
                    </span>
                  </td>
                ))}
                <td className="num">{model.turns}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
