import { IconRotateClockwise2 } from "@tabler/icons-react";
import type { Output } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { stations } from "./stations.ts";

export type LoopModel = Output<"insights.loop">["models"][number];

/** One row per model, a track through eight stations; the coloured part reaches to where the newest version stands. */
export function Board({ models }: { models: readonly LoopModel[] }) {
  return (
    <section className="card" aria-label="Models on the loop">
      <div className="scroll" tabIndex={0} role="group" aria-label="Board">
        <table className="board">
          <thead>
            <tr>
              <th scope="col">Model</th>
              {stations.map(({ id, name, icon: Icon }) => (
                <th key={id} scope="col">
                  <span className="station-name">
                    <Icon size={15} stroke={1.75} aria-hidden />
                    {name}
                  </span>
                </th>
              ))}
              <th scope="col">Turns</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <BoardRow key={`${model.project}/${model.model}`} model={model} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** A version that serves all traffic has passed every station up to Watch. */
function reachedBy(model: LoopModel): number {
  const live = model.pill.station === "release" && model.stations.release.mark === "pass";
  return stations.findIndex((one) => one.id === (live ? "watch" : model.pill.station));
}

function BoardRow({ model }: { model: LoopModel }) {
  const reached = reachedBy(model);
  return (
    <tr>
      <th scope="row">
        <To href={model.href} className="model">
          {model.model}
        </To>
        <span className="small">
          {model.project}
          {model.level === null ? "" : ` · level ${model.level}`}
        </span>
      </th>
      {stations.map(({ id, name }, i) => {
        const one = model.stations[id];
        return (
          <td key={id}>
            <div className={i < reached ? "rail done" : i === stations.length - 1 ? "rail end" : "rail"}>
              {model.pill.station === id ? (
                <span className="pill">
                  <VerdictGlyph mark={one.mark} />
                  {model.pill.label}
                </span>
              ) : (
                <VerdictGlyph mark={one.mark} />
              )}
            </div>
            {one.fact !== "" && (
              <To href={one.href} className="fact">
                <span className="visually-hidden">{name}: </span>
                {one.fact}
              </To>
            )}
            {one.small !== "" && <span className="small">{one.small}</span>}
          </td>
        );
      })}
      <td className="turns">
        <IconRotateClockwise2 size={14} stroke={1.75} aria-hidden />
        {model.turns}
      </td>
    </tr>
  );
}
