import { useParams } from "@tanstack/react-router";
import { client, type Output, useOperation } from "../../data/api.ts";
import { Ago, bytes, Digest, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, PageHead } from "../../parts/layout.tsx";
import { Lineage } from "../../parts/lineage.tsx";
import { type Tab, tabOf, Tabs } from "../../parts/tabs.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { StartRelease } from "../releases/start-sheet.tsx";
import { AliasSheet } from "./alias-sheet.tsx";
import { ChangesCard, MetricsCard, otherThan } from "./changes.tsx";
import { DossierTab } from "./dossier-tab.tsx";
import { ChecksTab, SlicesTab } from "./evidence-tabs.tsx";
import { HistoryCard, SignatureTab } from "./origin.tsx";
import { DecideNo, SignDossier } from "./sign-sheets.tsx";
import type { Version } from "./version.ts";

const sentenceAtMost = 180;
/** The gate's own sentence names each check that stands in the way; many of them are counted, the table below names them. */
const sentenceOf = ({ sentence, counts }: Output<"governance.gate">): string =>
  sentence.length <= sentenceAtMost
    ? sentence
    : `${sentence.slice(0, sentence.indexOf(":"))}: ${counts.fail + counts.error} fail, ${counts.inconclusive} are not answered, ${counts.pass + counts.warn} pass.`;

/** The dossier: may this version go forward, who says so, on what evidence. */
export function ModelVersionPage() {
  const { project = "", model = "", version = "" } = useParams({ strict: false }) as { project?: string; model?: string; version?: string };
  return (
    <Answer query={useOperation("models.version", { project, model, version })}>{(one) => <Page project={project} one={one} />}</Answer>
  );
}

function Page({ project, one }: { project: string; one: Version }) {
  const { tab } = useParams({ strict: false }) as { tab?: string };
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
  const tabs: Tab[] = [
    { id: "dossier", word: "Dossier" },
    { id: "checks", word: "Checks" },
    ...(other === null ? [] : [{ id: "diff", word: `Diff to ${other}` }]),
    { id: "slices", word: "Slices" },
    { id: "signature", word: "Signature and schema" },
    { id: "lineage", word: "Lineage" },
    { id: "record", word: "Record", count: one.history.length },
  ];
  const { chosen, unknown } = tabOf(tabs, tab);
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
            {one.stage !== "None" && <span className="tag">{one.stage}, a label</span>}
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
            <AliasSheet project={project} model={one.model} version={one.version} aliases={one.aliases} />
            <StartRelease project={project} model={one.model} version={one.version} />
            {data && <DecideNo dossier={data} project={project} />}
            {data && <SignDossier dossier={data} project={project} />}
          </>
        }
      >
        {gate.data && sentenceOf(gate.data)} Registered by {one.actor}, <Ago time={one.createdAt} />
        {one.run !== null && (
          <>
            , from{" "}
            <To href={`${base}/runs/${one.run}`}>
              {one.step ?? "run"} {one.run.slice(0, 8)}
            </To>
          </>
        )}
        , {bytes(one.sizeBytes)}.
      </PageHead>
      <Tabs label="Views of this version" base={`${base}/models/${one.model}/${one.version}`} tabs={tabs} chosen={chosen} />
      {unknown !== undefined && (
        <p role="status" className="second">
          A version has no view “{unknown}”; this is the dossier.
        </p>
      )}
      {chosen === "checks" ? (
        <ChecksTab project={project} one={one} />
      ) : chosen === "diff" && other !== null ? (
        <div className="grid halves" style={{ alignItems: "start" }}>
          <ChangesCard project={project} one={one} other={other} all />
          <MetricsCard project={project} one={one} other={other} />
        </div>
      ) : chosen === "slices" ? (
        <SlicesTab project={project} one={one} other={other} />
      ) : chosen === "signature" ? (
        <SignatureTab one={one} />
      ) : chosen === "lineage" ? (
        <Lineage project={project} node={`model:${one.model}@${one.version}`} />
      ) : chosen === "record" ? (
        <HistoryCard one={one} base={base} />
      ) : (
        <DossierTab project={project} one={one} gate={gate} dossier={data} other={other} />
      )}
    </>
  );
}
