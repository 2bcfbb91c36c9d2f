import { useState } from "react";
import { client, type Output } from "../../data/api.ts";
import { Guarded } from "../../parts/guarded.tsx";
import { Sheet } from "../../parts/sheet.tsx";

type Alert = Output<"alerts.list">["alerts"][number];

const dayMs = 86_400_000;
const daysOffered = [1, 7, 30, 90];

/** What a person says to an alert: that somebody looks, that it was none, or that its kind may rest. Each is an entry of the record. */
export function AlertActs({ alert, project }: { alert: Alert; project: string }) {
  const [reason, setReason] = useState("");
  const [days, setDays] = useState(7);
  const told = reason.trim();
  const waits = told === "" ? "say why" : null;
  if (alert.state === "closed" || alert.state === "explained") return <span className="muted">nothing more</span>;
  const why = (
    <label>
      <span className="second">Why</span>
      <textarea
        className="field"
        rows={3}
        style={{ height: "auto", paddingBlock: 6 }}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </label>
  );
  return (
    <div style={{ display: "flex", gap: 6, flexWrap: "wrap", paddingBlock: 5 }}>
      <Guarded
        capability="incident"
        closed={alert.state === "acknowledged" ? "somebody looks after it" : null}
        act={() => client.call("alerts.acknowledge", { project, alert: alert.id })}
      >
        Acknowledge
      </Guarded>
      <Sheet
        capability="incident"
        open="No alarm"
        title={`${alert.id} was no alarm`}
        name="It was no alarm"
        effect="It stops waiting for somebody. What it saw stays in the record, with what you say."
        waits={waits}
        act={() => client.call("alerts.explain", { project, alert: alert.id, reason: told })}
      >
        {why}
      </Sheet>
      <Sheet
        capability="incident"
        open="Mute"
        title={`Mute ${alert.monitor} for this cause`}
        name={`Mute for ${days} ${days === 1 ? "day" : "days"}`}
        effect="Alerts of the same monitor and cause open acknowledged and ask for nothing until then; they are recorded all the same."
        waits={waits}
        act={() =>
          client.call("alerts.mute", { project, alert: alert.id, reason: told, until: new Date(Date.now() + days * dayMs).toISOString() })
        }
      >
        <label>
          <span className="second">For</span>
          <select className="field" value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {daysOffered.map((one) => (
              <option key={one} value={one}>
                {one === 1 ? "1 day" : `${one} days`}
              </option>
            ))}
          </select>
        </label>
        {why}
      </Sheet>
    </div>
  );
}
