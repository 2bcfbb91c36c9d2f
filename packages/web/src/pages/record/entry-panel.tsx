import { type Output, useOperation } from "../../data/api.ts";
import { CopyCommand } from "../../parts/copy-command.tsx";
import { Digest, To } from "../../parts/format.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import { nodeHref, nodeLabel } from "../../parts/node.ts";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import { ErasePayload } from "./erase.tsx";
import { ProofPath } from "./proof-path.tsx";

type Entry = Output<"record.entry">;

/** One entry as a sentence, then its fields, payload and the proof that the signed tree holds it. */
export function EntryPanel({ project, entry }: { project: string; entry: string | undefined }) {
  const query = useOperation("record.entry", { project, entry: entry ?? "" }, { enabled: entry !== undefined });
  if (entry === undefined) return null;
  return <Answer query={query}>{(one) => <Panel project={project} one={one} />}</Answer>;
}

function Panel({ project, one }: { project: string; one: Entry }) {
  const { entry } = one;
  const base = `/p/${project}`;
  const link = (each: Entry["entry"]) => (
    <To href={`${base}/record/${each.id}`}>
      #{each.index ?? each.id.slice(-6)} {each.action}
    </To>
  );
  const subject = `${entry.subject.type}:${entry.subject.id}`;
  const facts: [string, React.ReactNode][] = [
    ["Time", entry.at.replace("T", " ").replace("Z", " UTC")],
    ["Actor", `${entry.actor.name}, ${entry.actor.kind}`],
    [
      "Subject",
      <To key="s" href={nodeHref(base, subject)}>
        {nodeLabel(subject)}
      </To>,
    ],
    ["Policy", entry.policy === null ? "none applied" : <Digest key="o" digest={entry.policy} />],
    [
      "Payload",
      <span key="p" className="verdict">
        <VerdictGlyph mark={one.payloadMatches === "matches" ? "pass" : one.payloadMatches === "erased" ? "skipped" : "fail"} size={14} />
        {one.payloadMatches === "matches"
          ? "matches its commitment"
          : one.payloadMatches === "erased"
            ? "erased, the proof stays valid"
            : one.payloadMatches}
      </span>,
    ],
    ...(entry.subject.digest === undefined
      ? []
      : [["Subject's digest", <Digest key="d" digest={entry.subject.digest} />] as [string, React.ReactNode]]),
    ["Leaf hash", <Digest key="l" digest={entry.leafHash} />],
    ...(entry.because === null
      ? []
      : [
          [
            "Because of",
            <To key="b" href={`${base}/record/${entry.because}`}>
              entry {entry.because.slice(-6)}
            </To>,
          ] as [string, React.ReactNode],
        ]),
  ];
  return (
    <div className="grid" style={{ alignContent: "start" }}>
      <Card
        title={`Entry ${entry.index ?? "not yet in the tree"}`}
        right={<VerdictBadge mark={entry.state === "included" ? "pass" : "waiting"} text={entry.state} />}
      >
        <p style={{ fontSize: "0.875rem", paddingBottom: 10, overflowWrap: "anywhere" }}>
          <Linked text={entry.sentence} base={base} />.
        </p>
        <dl style={{ margin: 0, display: "grid", gap: 6 }}>
          {facts.map(([label, value]) => (
            <div key={label} style={{ display: "flex", justifyContent: "space-between", gap: 12 }}>
              <dt className="second">{label}</dt>
              <dd style={{ margin: 0, textAlign: "right", overflowWrap: "anywhere" }}>{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card
        title="Proof of inclusion"
        note={
          one.proof === null ? "waits for the next signed head" : `${one.proof.path.length} hashes, ${one.proof.path.length * 32} bytes`
        }
      >
        {one.proof === null ? (
          <p className="second">It is acknowledged; the next signed head will hold it.</p>
        ) : (
          <ProofPath leaf={entry.leafHash} index={entry.index} proof={one.proof} />
        )}
        <div style={{ paddingTop: 8, display: "flex", gap: 10, flexWrap: "wrap", alignItems: "center" }}>
          {one.proof?.file != null && (
            <a
              className="button"
              download={`entry-${entry.index}.tlog-proof`}
              href={`data:text/plain;charset=utf-8,${encodeURIComponent(one.proof.file)}`}
            >
              Proof file
            </a>
          )}
          <CopyCommand command="capstan verify" />
        </div>
      </Card>
      <Card title="Payload" right={<ErasePayload project={project} entry={entry} />}>
        {one.entry.payload === null ? (
          <p className="second">
            Erased
            {one.erasedBy !== null && (
              <>
                {" "}
                by <To href={`${base}/record/${one.erasedBy}`}>entry {one.erasedBy.slice(-6)}</To>
              </>
            )}
            .
          </p>
        ) : (
          <pre
            className="mono"
            tabIndex={0}
            aria-label="Payload"
            style={{ margin: 0, maxHeight: 220, overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
          >
            {JSON.stringify(entry.payload, null, 2)}
          </pre>
        )}
      </Card>
      <Card title="Before and after">
        <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 6 }}>
          <li>
            <span className="muted">before </span>
            {one.before ? link(one.before) : "the first entry"}
          </li>
          <li>
            <span className="muted">after </span>
            {one.after ? link(one.after) : "the newest entry"}
          </li>
          {one.ledTo.map((each) => (
            <li key={each.id}>
              <span className="muted">led to </span>
              {link(each)}
            </li>
          ))}
          <li>
            <To href={`${base}/record/${subject}`}>Lineage of {nodeLabel(subject)}</To>
          </li>
        </ul>
      </Card>
    </div>
  );
}
