import { useParams } from "@tanstack/react-router";
import { client, type Output, useOperation } from "../../data/api.ts";
import { Ago, bytes, Digest, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { nodeHref, nodeLabel } from "../../parts/node.ts";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { StartRelease } from "../releases/start-sheet.tsx";
import { AliasSheet } from "./alias-sheet.tsx";
import { ChangesCard, MetricsCard, otherThan } from "./changes.tsx";
import { GateCard } from "./gate.tsx";
import { HistoryCard, SignatureCard } from "./origin.tsx";
import { RiskCard } from "./risk.tsx";
import { DecideNo, SignDossier } from "./sign-sheets.tsx";
import { Signatures } from "./signatures.tsx";

export type Version = Output<"models.version">;

/** The dossier: may this version go forward, who says so, on what evidence. */
export function ModelVersionPage() {
  const { project = "", model = "", version = "" } = useParams({ strict: false }) as { project?: string; model?: string; version?: string };
  return (
    <Answer query={useOperation("models.version", { project, model, version })}>{(one) => <Page project={project} one={one} />}</Answer>
  );
}

function Page({ project, one }: { project: string; one: Version }) {
  const base = `/p/${project}`;
  const target = { project, model: one.model, version: Number(one.version.slice(1)) };
  const gate = useOperation("governance.gate", target);
  const dossier = useOperation(
    "governance.dossier",
    { project, dossier: gate.data?.dossier ?? "" },
    { enabled: typeof gate.data?.dossier === "string" },
  );
  const data = dossier.data;
  const model = useOperation("models.get", { project, model: one.model });
  const releases = useOperation("releases.list", { project });
  const other = model.data && releases.data ? otherThan(one, model.data, releases.data) : null;
  return (
    <>
      <PageHead
        title={`${one.model} ${one.version}`}
        tags={
          <>
            {gate.data && <VerdictBadge mark={gate.data.verdict} />}
            {one.live && (
              <span className="tag accent">
                live since <Ago time={one.liveSince} />
              </span>
            )}
            {one.aliases.map((alias) => (
              <span key={alias} className="tag">
                {alias}
              </span>
            ))}
            {data && (
              <span className="tag">
                {data.state.replaceAll("-", " ")}, {data.approvals.filter((each) => each.voided === null).length} of {data.needed} signed
              </span>
            )}
            {gate.data && <span className="tag">level {gate.data.level ?? "–"}</span>}
          </>
        }
        acts={
          <>
            <Guarded
              capability="request"
              closed={gate.data && gate.data.dossier === gate.data.evidence ? "this evidence has its dossier already" : null}
              act={() => client.call("governance.request", target)}
              said={(done) => (
                <>
                  Dossier <Digest digest={done.digest} /> waits for {done.needed} {done.needed === 1 ? "signature" : "signatures"},{" "}
                  <To href={`${base}/record/${done.entry}`}>entry {done.entry.slice(-6)}</To>.
                </>
              )}
            >
              Ask for review
            </Guarded>
            <AliasSheet project={project} one={one} />
            <StartRelease project={project} model={one.model} version={one.version} />
            {data && <DecideNo dossier={data} project={project} />}
            {data && <SignDossier dossier={data} project={project} />}
          </>
        }
      >
        {gate.data?.sentence} Registered by {one.actor}, <Ago time={one.createdAt} />
        {one.run !== null && (
          <>
            , from{" "}
            <To href={`${base}/runs/${one.run}`}>
              {one.step ?? "run"} {one.run.slice(0, 8)}
            </To>
          </>
        )}
        , {bytes(one.sizeBytes)}. <To href={`${base}/record/model:${one.model}@${one.version}`}>Lineage</To>
      </PageHead>
      <div className="grid two">
        <div className="grid" style={{ alignContent: "start" }}>
          <Answer query={gate}>{(answer) => <GateCard gate={answer} base={base} />}</Answer>
          {data && (data.intendedUse !== null || data.notFor.length > 0) && (
            <div className="grid halves">
              <Card title="Intended use">{data.intendedUse ?? "not said"}</Card>
              <Card title="Out of scope">{data.notFor.length === 0 ? "not said" : data.notFor.join(", ")}</Card>
            </div>
          )}
          <div className={other === null ? "grid" : "grid halves uneven"} style={{ alignItems: "start" }}>
            {other !== null && <ChangesCard project={project} one={one} other={other} />}
            <MetricsCard project={project} one={one} other={other} />
          </div>
          <SignatureCard one={one} />
        </div>
        <div className="grid" style={{ alignContent: "start" }}>
          {data ? (
            <Signatures dossier={data} project={project} />
          ) : (
            <Card title="Signatures">
              <p className="second">{gate.isPending ? "…" : "No dossier was asked for, so there is nothing to sign."}</p>
            </Card>
          )}
          {gate.data && <RiskCard risk={gate.data.risk} />}
          <Card
            title="Contents"
            note={data ? "what the dossier binds" : "what the bundle is made of"}
            right={data && <To href={`${base}/record/${data.entry}`}>entry {data.entry.slice(-6)}</To>}
          >
            <dl style={{ margin: 0, display: "grid", gap: 6 }}>
              {(
                data?.contents ?? [
                  { name: "model", digest: one.digest },
                  { name: "bundle", digest: one.bundle },
                  { name: "schema", digest: one.bundleParts.schema },
                ]
              ).map((each) => (
                <div key={each.name} style={{ display: "flex", justifyContent: "space-between", gap: 12 }}>
                  <dt className="second">{each.name}</dt>
                  <dd style={{ margin: 0 }}>
                    <Digest digest={each.digest} />
                  </dd>
                </div>
              ))}
            </dl>
          </Card>
          <Card title="Made from" note="one step away">
            <dl style={{ margin: 0, display: "grid", gap: 6 }}>
              {one.data.map((each, i) => (
                <div key={i} style={{ display: "flex", justifyContent: "space-between", gap: 12 }}>
                  <dt>
                    <To href={nodeHref(base, each.node)}>{nodeLabel(each.node)}</To> <span className="muted">{each.relation}</span>
                  </dt>
                  <dd style={{ margin: 0 }}>
                    <Digest digest={each.digest} />
                  </dd>
                </div>
              ))}
            </dl>
          </Card>
        </div>
      </div>
      <HistoryCard one={one} base={base} />
    </>
  );
}
