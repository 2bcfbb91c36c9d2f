import { useState } from "react";
import { client, type Output } from "../../data/api.ts";
import { Ago, Digest, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Dossier = Output<"governance.dossier">;

/** Who signed which digest and what they wrote; voided signatures are struck through with what voided them. */
export function Signatures({ dossier, project }: { dossier: Dossier; project: string }) {
  const [note, setNote] = useState("");
  const counting = dossier.approvals.filter((one) => one.voided === null).length;
  const closed =
    dossier.state === "approved"
      ? "it has all signatures"
      : dossier.state !== "in-review"
        ? `the dossier is ${dossier.state}`
        : dossier.maySign.may
          ? null
          : (dossier.maySign.why ?? "you may not sign it");
  return (
    <Card
      title="Signatures"
      note={
        <>
          bound to <Digest digest={dossier.digest} />
        </>
      }
      right={`${counting} of ${dossier.needed}`}
    >
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 12 }}>
        {dossier.approvals.map((one) => (
          <li key={one.entry} style={{ display: "flex", gap: 10 }}>
            <span style={{ paddingTop: 2 }}>
              <VerdictGlyph mark={one.voided === null ? "pass" : "skipped"} />
            </span>
            <div>
              <span style={one.voided === null ? undefined : { textDecoration: "line-through" }}>
                <strong>{one.by}</strong>{" "}
                <span className="muted">
                  {one.role}, <Ago time={one.at} />
                </span>
              </span>
              {one.selfApproved && (
                <>
                  {" "}
                  <span className="tag">self-approved</span>
                </>
              )}
              <div className="second">{one.note}</div>
              {one.voided !== null && <div className="second">no longer counts: {one.voided}</div>}
              <To href={`/p/${project}/record/${one.entry}`}>entry {one.entry.slice(-6)}</To>
            </div>
          </li>
        ))}
        {dossier.declined && (
          <li style={{ display: "flex", gap: 10 }}>
            <VerdictGlyph mark="fail" />
            <div>
              <strong>{dossier.declined.by}</strong> declined{" "}
              <span className="muted">
                <Ago time={dossier.declined.at} />
              </span>
              <div className="second">{dossier.declined.reason}</div>
            </div>
          </li>
        )}
        {dossier.state === "in-review" && (
          <li style={{ display: "flex", gap: 10 }}>
            <VerdictGlyph mark="waiting" />
            <div>
              <strong>{dossier.needed - counting} more</strong>
              <div className="second">{dossier.maySign.may ? "You may sign." : `Not you: ${dossier.maySign.why}.`}</div>
            </div>
          </li>
        )}
      </ul>
      {dossier.changes.length > 0 && (
        <p className="second" style={{ paddingTop: 10 }}>
          <VerdictGlyph mark="warn" size={13} /> Evidence changed since: {dossier.changes.join("; ")}
        </p>
      )}
      {closed === null && (
        <label style={{ display: "block", paddingTop: 10 }}>
          <span className="second">What you looked at, and what you write for an answer of no</span>
          <input className="field" value={note} onChange={(event) => setNote(event.target.value)} />
        </label>
      )}
      <div style={{ display: "flex", gap: 8, paddingTop: 12 }}>
        <Guarded
          capability="approve"
          closed={closed}
          className={closed === null ? "button filled" : "button"}
          act={() => client.call("governance.approve", { project, dossier: dossier.digest, note })}
        >
          Sign dossier
        </Guarded>
        <Guarded
          capability="approve"
          closed={closed ?? (note.trim() === "" ? "write the reason first" : null)}
          act={() => client.call("governance.decline", { project, dossier: dossier.digest, reason: note })}
        >
          Decline
        </Guarded>
      </div>
    </Card>
  );
}
