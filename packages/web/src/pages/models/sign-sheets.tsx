import { useState } from "react";
import { client, type Output } from "../../data/api.ts";
import { Digest } from "../../parts/format.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Dossier = Output<"governance.dossier">;

/** Why nobody may decide on it now; null while it waits. */
const closedOf = (dossier: Dossier): string | null =>
  dossier.state === "approved" ? "it has all signatures" : dossier.state !== "in-review" ? `the dossier is ${dossier.state}` : null;

/** Binds a person to one digest: each answer that is not a pass is acknowledged by itself. */
export function SignDossier({ dossier, project }: { dossier: Dossier; project: string }) {
  const [note, setNote] = useState("");
  const [seen, setSeen] = useState<readonly string[]>([]);
  const open = dossier.results.filter((one) => one.verdict !== "pass" && one.verdict !== "skipped");
  const left = open.filter((one) => !seen.includes(one.id)).length;
  const closed = closedOf(dossier) ?? (dossier.maySign.may ? null : (dossier.maySign.why ?? "you may not sign it"));
  return (
    <Sheet
      capability="approve"
      closed={closed}
      className={closed === null ? "button filled" : "button"}
      open="Sign dossier"
      title={`Sign the dossier of ${dossier.model} v${dossier.version}`}
      name={`Sign dossier ${dossier.digest.slice(0, 8)}`}
      effect={
        <>
          Your signature binds to <Digest digest={dossier.digest} /> and opens the release; {dossier.needed}{" "}
          {dossier.needed === 1 ? "signature is" : "signatures are"} needed. If the evidence changes, it no longer counts.
        </>
      }
      waits={left > 0 ? `${left} to acknowledge` : note.trim() === "" ? "one sentence is missing" : null}
      act={() => client.call("governance.approve", { project, dossier: dossier.digest, note: note.trim() })}
    >
      {open.map((one) => (
        <label key={one.id} className="check">
          <input
            type="checkbox"
            checked={seen.includes(one.id)}
            onChange={(event) => setSeen(event.target.checked ? [...seen, one.id] : seen.filter((id) => id !== one.id))}
          />
          <span>
            <VerdictGlyph mark={one.verdict} size={13} /> <span className="mono">{one.id}</span> {one.title}: {one.observed ?? one.rule}
          </span>
        </label>
      ))}
      <label>
        <span className="second">What you looked at and challenged</span>
        <input className="field" value={note} onChange={(event) => setNote(event.target.value)} />
      </label>
    </Sheet>
  );
}

/** An end like any other, with its reason. */
export function DecideNo({ dossier, project }: { dossier: Dossier; project: string }) {
  const [reason, setReason] = useState("");
  return (
    <Sheet
      capability="approve"
      closed={closedOf(dossier)}
      open="Decide no"
      title={`Decide no on ${dossier.model} v${dossier.version}`}
      name="Decide no"
      danger
      effect={
        <>
          Dossier <Digest digest={dossier.digest} /> ends here, for good. The way back is new evidence: a new dossier can be asked for once
          something has changed.
        </>
      }
      waits={reason.trim() === "" ? "the reason is missing" : null}
      act={() => client.call("governance.decline", { project, dossier: dossier.digest, reason: reason.trim() })}
    >
      <label>
        <span className="second">Reason</span>
        <input className="field" value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Sheet>
  );
}
