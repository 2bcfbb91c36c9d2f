import { worstVerdict } from "@capstan/contract";
import { Link } from "@tanstack/react-router";
import { IconClock, IconShieldCheck } from "@tabler/icons-react";
import { useOperation } from "../../data/api.ts";
import { CopyCommand } from "../../parts/copy-command.tsx";
import { bytes, count } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { type Demo, DemoCard, markOf } from "./demo-card.tsx";
import { stations } from "./stations.ts";

/** Nothing has run: the loop as a map, and three ways to begin. While the example runs its stations light up. */
export function FirstStart({ project, demo }: { project: string | undefined; demo: Demo | null }) {
  const frame = useOperation("insights.frame", project === undefined ? {} : { project });
  return (
    <div className="first-start">
      <div>
        <h1>
          {demo === null
            ? "Nothing has run here yet"
            : demo.state === "running"
              ? "The example goes around once"
              : "The example has not reached its first model"}
        </h1>
        <p className="second lead">
          Every model goes around the same eight stations. This page shows where each one stands and what needs someone.
        </p>
      </div>
      <ol className="card map">
        {stations.map((one, i) => (
          <MapStation
            key={one.id}
            station={one}
            parts={demo?.stations.filter((part) => part.station === one.id) ?? []}
            first={i === 0 && demo === null}
          />
        ))}
      </ol>
      {demo && <DemoCard demo={demo} />}
      {demo === null && (
        <>
          <h2 className="begin">Three ways to begin</h2>
          <div className="ways">
            <section className="card way chosen" aria-labelledby="way-1">
              <h3 id="way-1">
                <i aria-hidden>1</i>Watch it turn once<span className="tag accent">about 2 minutes</span>
              </h3>
              <p className="second">
                Three million real flights, one pipeline, one model, one canary, one drift. Nothing leaves this computer.
              </p>
              <CopyCommand command="npm start" />
            </section>
            <section className="card way" aria-labelledby="way-2">
              <h3 id="way-2">
                <i aria-hidden>2</i>Point an MLflow client here
              </h3>
              <p className="second">Your training code stays as it is. The first run appears on this page by itself.</p>
              <CopyCommand
                command={`import mlflow\nmlflow.set_tracking_uri("${location.origin}")\nmlflow.set_experiment("my-first")\nmlflow.autolog()`}
              />
              <span className="muted verdict">
                <IconClock size={14} stroke={1.75} aria-hidden />
                waiting for a first run
              </span>
            </section>
            <section className="card way" aria-labelledby="way-3">
              <h3 id="way-3">
                <i aria-hidden>3</i>Run your own pipeline
              </h3>
              <p className="second">A capstan.yaml beside your code says what the steps read and write. Only what changed runs.</p>
              <CopyCommand command="capstan run" />
            </section>
          </div>
        </>
      )}
      {frame.data && (
        <div className="card store">
          <IconShieldCheck size={16} stroke={1.75} aria-hidden />
          <strong>This store</strong>
          <span className="muted">
            {[
              frame.data.store.name,
              frame.data.store.database,
              frame.data.store.sizeBytes === null ? null : bytes(frame.data.store.sizeBytes),
              frame.data.store.reach,
            ]
              .filter((part) => part !== null && part !== "")
              .join(", ")}
          </span>
          <span className="muted last">
            record: {count(frame.data.seal.entries)} {frame.data.seal.entries === 1 ? "entry" : "entries"}
          </span>
          {project !== undefined && (
            <Link to={`/p/${project}/record` as never} className="line">
              Record
            </Link>
          )}
        </div>
      )}
    </div>
  );
}

function MapStation({ station, parts, first }: { station: (typeof stations)[number]; parts: Demo["stations"]; first: boolean }) {
  const Icon = station.icon;
  const state =
    parts.find((part) => part.state === "failed" || part.state === "running")?.state ??
    (parts.length > 0 && parts.every((part) => part.state === "done" || part.state === "reused") ? "done" : "waiting");
  const worst = worstVerdict(parts.flatMap((part) => part.verdict ?? []));
  const figure = parts.findLast((part) => part.figure !== "")?.figure;
  return (
    <li className={`map-station ${parts.length > 0 ? state : first ? "lit" : ""}`}>
      <div className="way-line">
        <span className="ring">
          <Icon size={18} stroke={1.75} aria-hidden />
        </span>
      </div>
      <h2>
        {station.name}
        {parts.length > 0 && state !== "waiting" && (
          <VerdictGlyph mark={markOf({ state, verdict: parts.some((part) => part.verdict !== null) ? worst : null })} />
        )}
      </h2>
      <p className="second">{figure ?? station.about}</p>
    </li>
  );
}
