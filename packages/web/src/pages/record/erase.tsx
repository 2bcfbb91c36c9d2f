import { useState } from "react";
import { client, type Output } from "../../data/api.ts";
import { Sheet } from "../../parts/sheet.tsx";

/** For good: the number is typed, so that nothing is erased by a slip. */
export function ErasePayload({ project, entry }: { project: string; entry: Output<"record.entry">["entry"] }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const name = String(entry.index ?? entry.id);
  return (
    <Sheet
      capability="admin"
      closed={entry.payload === null ? "it is erased" : null}
      open="Erase payload"
      title={`Erase the payload of entry ${name}`}
      name={`Erase payload of ${name}`}
      danger
      effect="There is no way back: what the entry says is gone for everyone. That it was there stays: leaf, order and all proofs remain valid, and an entry of its own names you and the reason. A backup made before still holds it."
      waits={typed.trim() !== name ? `type ${name} to confirm` : reason.trim() === "" ? "the reason is missing" : null}
      act={() => client.call("record.erase", { project, entry: entry.id, reason: reason.trim() })}
    >
      <label>
        <span className="second">Number of the entry</span>
        <input className="field mono" value={typed} inputMode="numeric" onChange={(event) => setTyped(event.target.value)} />
      </label>
      <label>
        <span className="second">Reason: what law or whose wish</span>
        <input className="field" value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Sheet>
  );
}
