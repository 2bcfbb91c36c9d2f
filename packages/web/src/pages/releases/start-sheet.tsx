import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, useOperation } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";

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
  const [strategy, setStrategy] = useState<"canary" | "direct">("canary");
  const [shadow, setShadow] = useState(true);
  const [shares, setShares] = useState("10");
  const [secondsEach, setSeconds] = useState("600");
  const [rowsEach, setRows] = useState("200");
  const [scoreMean, setScoreMean] = useState("");
  const [latencyMs, setLatency] = useState("");
  const [override, setOverride] = useState(false);
  const [reason, setReason] = useState("");
  const chosen = route ?? mine[0]?.route ?? model;
  const now = mine.find((one) => one.route === chosen);
  const steps = shares
    .split(/[\s,]+/)
    .filter((each) => each !== "")
    .map((each) => Number(each) / 100);
  const ascending = steps.every((share, i) => share > (steps[i - 1] ?? 0) && share < 1);
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
          : strategy === "canary" && (steps.length === 0 || !ascending)
            ? "shares ascend, between 0 and 100 %"
            : strategy === "canary" && !(Number(secondsEach) >= 0 && Number.isInteger(Number(rowsEach)))
              ? "seconds and rows are numbers"
              : ![scoreMean, latencyMs].every((text) => text.trim() === "" || Number(text) > 0)
                ? "bounds are above zero"
                : null;
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
          {strategy === "canary" ? ", step by step; guards take it back by themselves" : " at once, without a comparison"}. Going back stays
          one click.
        </>
      }
      act={() =>
        client.call("releases.start", {
          project,
          route: chosen,
          model,
          version,
          strategy,
          shadow: strategy === "canary" && shadow,
          ...(strategy === "canary" && { steps, each: { seconds: Number(secondsEach), rows: Number(rowsEach) } }),
          guard: {
            ...(scoreMean.trim() !== "" && { scoreMean: Number(scoreMean) }),
            ...(latencyMs.trim() !== "" && { latencyP95: Number(latencyMs) / 1000 }),
          },
          override,
          ...(reason.trim() !== "" && { reason: reason.trim() }),
        })
      }
      done={(started) => void navigate({ to: `/p/${project}/releases/${started.release}` as never })}
    >
      <p className="verdict">
        {gate.data && <VerdictBadge mark={gate.data.verdict} text={`gate ${gate.data.verdict}`} />}
        <span className="second">{gate.data?.sentence}</span>
      </p>
      {mine.length > 1 && (
        <label>
          <span className="second">Route</span>
          <select className="field" value={chosen} onChange={(event) => setRoute(event.target.value)}>
            {mine.map((one) => (
              <option key={one.route}>{one.route}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span className="second">Strategy</span>
        <select className="field" value={strategy} onChange={(event) => setStrategy(event.target.value === "direct" ? "direct" : "canary")}>
          <option value="canary">canary: a share of the traffic, judged while it runs</option>
          <option value="direct">direct: everyone at once</option>
        </select>
      </label>
      {strategy === "canary" && (
        <>
          <label className="check">
            <input type="checkbox" checked={shadow} onChange={(event) => setShadow(event.target.checked)} />
            <span>Shadow first: {version} answers beside, nobody sees it</span>
          </label>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr 1fr", gap: 10 }}>
            <label>
              <span className="second">Shares, %</span>
              <input className="field" value={shares} onChange={(event) => setShares(event.target.value)} />
            </label>
            <label>
              <span className="second">Each at least, s</span>
              <input className="field" inputMode="numeric" value={secondsEach} onChange={(event) => setSeconds(event.target.value)} />
            </label>
            <label>
              <span className="second">and rows</span>
              <input className="field" inputMode="numeric" value={rowsEach} onChange={(event) => setRows(event.target.value)} />
            </label>
          </div>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 10 }}>
            <label>
              <span className="second">Mean score may move by</span>
              <input
                className="field"
                inputMode="decimal"
                placeholder="not guarded"
                value={scoreMean}
                onChange={(event) => setScoreMean(event.target.value)}
              />
            </label>
            <label>
              <span className="second">p95 latency may grow by, ms</span>
              <input
                className="field"
                inputMode="decimal"
                placeholder="not guarded"
                value={latencyMs}
                onChange={(event) => setLatency(event.target.value)}
              />
            </label>
          </div>
        </>
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
