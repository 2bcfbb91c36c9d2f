import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, useOperation } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { type Form, formOf, inputOf, missingIn, StartFields } from "./start-form.tsx";

/** What moves a route to a version: strategy, shares, and how long each is looked at; the gate is shown before it decides. */
export function StartRelease({
  project,
  model,
  version,
  className,
}: {
  project: string;
  model: string;
  version: string;
  className?: string;
}) {
  const navigate = useNavigate();
  const routes = useOperation("routes.list", { project });
  const gate = useOperation("governance.gate", { project, model, version: Number(version.slice(1)) });
  const mine = routes.data?.routes.filter((one) => one.model === model) ?? [];
  const [route, setRoute] = useState<string>();
  const [changed, setChanged] = useState<Partial<Form>>({});
  const [override, setOverride] = useState(false);
  const [reason, setReason] = useState("");
  const chosen = route ?? mine[0]?.route ?? model;
  const now = mine.find((one) => one.route === chosen);
  const plan = useOperation("releases.plan", { project, route: chosen, model }).data;
  const form = { ...formOf(plan), ...changed };
  const releases = useOperation("releases.list", { project });
  const taken = releases.data?.releases.find((one) => one.model === model && one.to === version && one.state === "rolled_back");
  const refused = gate.data !== undefined && ["fail", "error", "inconclusive"].includes(gate.data.verdict);
  const closed =
    now?.release != null ? `${now.release} moves ${chosen} already` : now?.live === version ? `${version} is live on ${chosen}` : null;
  const waits =
    refused && !override
      ? `the gate says ${gate.data?.verdict}`
      : taken && !override
        ? `${taken.release} took it back`
        : override && reason.trim() === ""
          ? "an override takes a reason"
          : plan === undefined
            ? "asking what the route declares"
            : missingIn(form);
  return (
    <Sheet
      capability="release"
      closed={closed}
      className={className ?? "button"}
      open={`Release ${version}`}
      title={`Release ${model} ${version}`}
      name={`Start the release of ${version}`}
      waits={waits}
      effect={
        <>
          Route <strong>{chosen}</strong> goes from {now?.live ?? "nothing"} to {version}
          {form.strategy === "canary" ? ", step by step; guards take it back by themselves" : " at once, without a comparison"}. Going back
          stays one click.
        </>
      }
      act={() => {
        if (plan === undefined) throw new Error("what the route declares is not known yet");
        return client.call("releases.start", {
          project,
          route: chosen,
          model,
          version,
          ...inputOf(form, plan),
          override,
          ...(reason.trim() !== "" && { reason: reason.trim() }),
        });
      }}
      done={(started) => void navigate({ to: `/p/${project}/releases/${started.release}` as never })}
    >
      <p className="verdict">
        {gate.data && <VerdictBadge mark={gate.data.verdict} text={`gate ${gate.data.verdict}`} />}
        <span className="second">{gate.data?.sentence}</span>
      </p>
      {mine.length > 1 && (
        <label>
          <span className="second">Route</span>
          <select
            className="field"
            value={chosen}
            onChange={(event) => {
              setRoute(event.target.value);
              setChanged({});
            }}
          >
            {mine.map((one) => (
              <option key={one.route}>{one.route}</option>
            ))}
          </select>
        </label>
      )}
      <StartFields form={form} change={(more) => setChanged({ ...changed, ...more })} version={version} />
      {plan && (
        <p className="second">
          {plan.declared
            ? "Stages and guards are those that capstan.yaml declares for this route"
            : "The route declares no stages and guards of its own; these are those of every route"}
          {Object.keys(changed).length > 0 && (
            <>
              , changed here.{" "}
              <button type="button" className="text-button" onClick={() => setChanged({})}>
                Take the changes back
              </button>
            </>
          )}
          {Object.keys(changed).length === 0 && "."}
        </p>
      )}
      {(refused || taken) && (
        <label className="check">
          <input type="checkbox" checked={override} onChange={(event) => setOverride(event.target.checked)} />
          <span>
            Override {refused ? "the gate" : "what took it back"}. The entry names you and the reason; see{" "}
            <To
              className="inline-link"
              href={taken ? `/p/${project}/releases/${taken.release}` : `/p/${project}/models/${model}/${version}`}
            >
              {taken ? taken.release : "what it asks"}
            </To>
            .
          </span>
        </label>
      )}
      <label>
        <span className="second">Reason{override ? "" : ", if there is one to note"}</span>
        <input className="field" value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Sheet>
  );
}
