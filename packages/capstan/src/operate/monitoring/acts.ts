import type { Caller } from "../../base/foundation/caller.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import { type Alert, alertName, type AlertState } from "./model.ts";
import { findAlert, insertMute, moveAlert } from "./store.ts";

export type AlertActs = ReturnType<typeof createAlertActs>;

/** What a person says about an alert. Each is an entry; none of them touches what was measured. */
export function createAlertActs({ store }: { store: Store }) {
  async function act(
    alert: Alert,
    said: { action: string; verb: string; from: readonly AlertState[]; to: AlertState; entryId: string; payload: Json },
    caller: Caller,
    more: Change = [],
  ): Promise<Alert> {
    const name = alertName(alert.number);
    if (!said.from.includes(alert.state))
      throw new CapstanError("CAP-STATE-001", { noun: "alert", name, state: alert.state, action: said.verb });
    await store.recorder.commit(
      [...moveAlert(alert, said.to), ...more],
      [
        {
          id: said.entryId,
          action: said.action,
          subject: { type: "alert", id: name },
          project: alert.project,
          actor: caller.actor,
          because: caller.because ?? alert.entryId,
          payload: said.payload,
        },
      ],
    );
    store.events.emit("changed", { project: alert.project, kind: "alert", id: name });
    return (await findAlert(store.database, alert.project, alert.number)) ?? alert;
  }

  return {
    /** Somebody looks after it. */
    acknowledge: (alert: Alert, note: string | undefined, caller: Caller): Promise<Alert> =>
      act(
        alert,
        {
          action: "alert.acknowledged",
          verb: "acknowledged",
          from: ["open"],
          to: "acknowledged",
          entryId: store.recorder.newEntryId(),
          payload: { note: note ?? null },
        },
        caller,
      ),
    /** It was no alarm; the reason is what the next reader needs. */
    explain: (alert: Alert, reason: string, caller: Caller): Promise<Alert> =>
      act(
        alert,
        {
          action: "alert.explained",
          verb: "called a false alarm",
          from: ["open", "acknowledged"],
          to: "explained",
          entryId: store.recorder.newEntryId(),
          payload: { reason },
        },
        caller,
      ),
    /** Alerts of the same monitor and cause open acknowledged, and ask for nothing, until the time is over. Windows are judged as before. */
    mute(alert: Alert, { reason, untilMs }: { reason: string; untilMs: number }, caller: Caller): Promise<Alert> {
      const entryId = store.recorder.newEntryId();
      const { project, monitor, cluster } = alert;
      return act(
        alert,
        {
          action: "alert.muted",
          verb: "muted",
          from: ["open", "acknowledged", "closed"],
          to: alert.state === "closed" ? "closed" : "acknowledged",
          entryId,
          payload: { reason, until: toTime(untilMs), monitor, cause: cluster },
        },
        caller,
        insertMute({ entryId, project, monitor, cluster, untilMs, reason }),
      );
    },
  };
}
