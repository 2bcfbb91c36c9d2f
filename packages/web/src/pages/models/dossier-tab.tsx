import type { UseQueryResult } from "@tanstack/react-query";
import type { Output } from "../../data/api.ts";
import { Digest, To } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import { type Pair, Pairs } from "../../parts/pairs.tsx";
import { nodeHref, nodeLabel } from "../../parts/node.ts";
import { ChangesCard, MetricsCard } from "./changes.tsx";
import { DescriptionCard } from "./description.tsx";
import { GateCard } from "./gate.tsx";
import { RiskCard } from "./risk.tsx";
import { Signatures } from "./signatures.tsx";
import { TagsCard } from "./tags.tsx";
import type { Version } from "./version.ts";
import "./models.css";

/** What the gate asks and found, what changed, who signed, and what it is made of. */
export function DossierTab({
  project,
  one,
  gate,
  dossier,
  other,
}: {
  project: string;
  one: Version;
  gate: UseQueryResult<Output<"governance.gate">, Error>;
  dossier: Output<"governance.dossier"> | undefined;
  other: string | null;
}) {
  const base = `/p/${project}`;
  return (
    <div className="grid two">
      <div className="grid" style={{ alignContent: "start" }}>
        <Answer query={gate}>{(answer) => <GateCard gate={answer} base={base} />}</Answer>
        {dossier && (dossier.intendedUse !== null || dossier.notFor.length > 0) && (
          <div className="grid halves">
            <Card title="Intended use">{dossier.intendedUse ?? "not said"}</Card>
            <Card title="Out of scope">{dossier.notFor.length === 0 ? "not said" : dossier.notFor.join(", ")}</Card>
          </div>
        )}
        <div className={other === null ? "grid" : "grid halves uneven"} style={{ alignItems: "start" }}>
          {other !== null && <ChangesCard project={project} one={one} other={other} />}
          <MetricsCard project={project} one={one} other={other} />
        </div>
        <DescriptionCard project={project} model={one.model} version={one.version} description={one.description} />
      </div>
      <div className="grid" style={{ alignContent: "start" }}>
        {dossier ? (
          <Signatures dossier={dossier} project={project} />
        ) : (
          <Card title="Signatures">
            <p className="second">{gate.isPending ? "…" : "No dossier was asked for, so there is nothing to sign."}</p>
          </Card>
        )}
        {gate.data && <RiskCard risk={gate.data.risk} />}
        <Contents base={base} one={one} dossier={dossier} />
        <Origin base={base} one={one} />
        <TagsCard tags={one.tags} />
      </div>
    </div>
  );
}

const Contents = ({ base, one, dossier }: { base: string; one: Version; dossier: Output<"governance.dossier"> | undefined }) => (
  <Card
    title="Contents"
    note={dossier ? "what the dossier binds" : "what the bundle is made of"}
    right={dossier && <To href={`${base}/record/${dossier.entry}`}>entry {dossier.entry.slice(-6)}</To>}
  >
    <Pairs
      pairs={(
        dossier?.contents ?? [
          { name: one.form === "file" ? "model" : "list of its files", digest: one.digest },
          { name: "bundle", digest: one.bundle },
          { name: "schema", digest: one.bundleParts.schema },
        ]
      ).map((each) => ({ name: each.name, value: <Digest digest={each.digest} /> }))}
    />
  </Card>
);

function Origin({ base, one }: { base: string; one: Version }) {
  const linked = (href: string, text: string, relation: string) => (
    <>
      <To href={href}>{text}</To> <span className="muted">{relation}</span>
    </>
  );
  const pairs: Pair[] = one.data.map((each) => ({
    name: linked(nodeHref(base, each.node), nodeLabel(each.node), each.relation),
    value: <Digest digest={each.digest} />,
  }));
  if (one.source !== null) pairs.unshift({ name: "source", value: one.source, mono: true });
  if (one.run !== null && one.loggedModel !== null)
    pairs.unshift({
      name: linked(`${base}/runs/${one.run}/artifacts`, "logged model", "registered"),
      value: one.loggedModel.slice(0, 12),
      mono: true,
    });
  return (
    <Card title="Made from" note="one step away">
      <Pairs pairs={pairs} />
    </Card>
  );
}
