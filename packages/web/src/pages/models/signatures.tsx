import type { Output } from "../../data/api.ts";
import { Ago, Digest, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Dossier = Output<"governance.dossier">;

/** Who signed which digest and what they wrote; voided signatures are struck through with what voided them. */
export function Signatures({ dossier, project }: { dossier: Dossier; project: string }) {
  const counting = dossier.approvals.filter((one) => one.voided === null).length;
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
              <strong>{dossier.declined.by}</strong> decided no{" "}
              <span className="muted">
                <Ago time={dossier.declined.at} />
              </span>
              <div className="second">{dossier.declined.reason}</div>
              <To href={`/p/${project}/record/${dossier.declined.entry}`}>entry {dossier.declined.entry.slice(-6)}</To>
            </div>
          </li>
        )}
        {dossier.state === "in-review" && (
          <li style={{ display: "flex", gap: 10 }}>
            <VerdictGlyph mark="waiting" />
            <div>
              <strong>{dossier.needed - counting} more</strong>
              <div className="second">
                {dossier.maySign.may ? "You may sign, or decide no, above." : `Not you: ${dossier.maySign.why}.`}
              </div>
            </div>
          </li>
        )}
      </ul>
      {dossier.changes.length > 0 && (
        <p className="second" style={{ paddingTop: 10 }}>
          <VerdictGlyph mark="warn" size={13} /> Evidence changed since: {dossier.changes.join("; ")}
        </p>
      )}
    </Card>
  );
}
