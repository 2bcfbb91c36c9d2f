import type { DossierView, GateView } from "@capstan/contract/operations/governance";
import type { Caller } from "../../base/foundation/caller.ts";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Entry, EntryDraft, LineageNode } from "../../base/record/model.ts";
import type { RecordService } from "../../base/record/service.ts";
import type { Store } from "../../base/record/store.ts";
import { type Approval, isApproved, neededApprovals, type Review } from "./checks-review.ts";
import { changesBetween, contentOf, dossierDigest, resultsOf } from "./dossier.ts";
import { countsOf, evidenceOf, mostUrgentFirst, reviewsOf, sentenceOf, verdictOf } from "./gate.ts";
import type { DossierContent, Facts, GateFacts, GateResult, Question, Risk } from "./model.ts";
import { versionId } from "./model.ts";
import { builtinPolicy, type Policy, policyDigest } from "./policy.ts";
import { classify } from "./risk.ts";
import { maySign, signingRole, type SigningState } from "./signing-rules.ts";
import {
  approvalsOf,
  type ApprovalRow,
  type DossierRow,
  findDecline,
  getDossier,
  insertApproval,
  insertDecline,
  insertDossier,
  newestDossier,
} from "./store.ts";

/** What the record says of a version at one moment. */
type Look = {
  question: Question;
  facts: Facts;
  risk: Risk;
  evidence: GateResult[];
  content: DossierContent;
  digest: string;
  review: Review;
};
type Reading = {
  row: DossierRow;
  content: DossierContent;
  look: Look;
  approvals: (Approval & { atMs: number; note: string })[];
  state: SigningState;
  view(caller: Caller): Promise<DossierView>;
};

export type GovernanceService = ReturnType<typeof createGovernanceService>;

/** The rules between a model version and a release. It asks the record; nobody types a verdict. */
export function createGovernanceService(deps: { store: Store; record: RecordService; facts: GateFacts; policy?: Policy }) {
  const { store, record, facts: source } = deps;
  const policy = deps.policy ?? builtinPolicy;
  const policyRef = { name: policy.name, digest: policyDigest(policy) };

  const riskOf = async (project: string, model: string): Promise<Risk> => {
    const { answers, found } = await source.risk(project, model);
    return classify(answers, found);
  };

  const look = async (question: Question): Promise<Look> => {
    const because = question.because ?? null;
    const [facts, risk, chain, rows] = await Promise.all([
      source.gather(question),
      riskOf(question.project, question.model),
      record.becauseOf(because),
      approvalsOf(store.database, question.project, question.model, question.version),
    ]);
    const evidence = evidenceOf(facts, policy, risk, question.stage, chain);
    const content = contentOf(question, facts, evidence, risk, policy, because);
    const digest = dossierDigest(content);
    const review: Review = {
      evidence: digest,
      approvals: await approvalsWithNames(rows),
      needed: neededApprovals(policy, risk, facts.approvals),
    };
    return { question, facts, risk, evidence, content, digest, review };
  };

  const approvalsWithNames = async (rows: readonly ApprovalRow[]): Promise<Reading["approvals"]> => {
    const entries = await record.byId(rows.map((row) => row.entry_id));
    return rows.map((row) => {
      const entry = entries.get(row.entry_id);
      return {
        dossier: row.dossier,
        by: entry?.actor.name ?? "someone",
        role: row.role,
        selfApproved: row.self_approved === 1,
        entry: row.entry_id,
        atMs: row.at_ms,
        note: textIn(entry, "note"),
      };
    });
  };

  /** The gate as of now. Without a `because` of its own the newest dossier's is taken, so that a signature on it is found. */
  const gate = async (question: Question): Promise<GateView> => {
    const newest = await newestDossier(store.database, question.project, question.model, question.version);
    const now = await look({ ...question, because: question.because ?? newest?.because ?? undefined });
    const results = mostUrgentFirst([...now.evidence, ...reviewsOf(now.review, policy, now.risk)]);
    return {
      model: question.model,
      version: question.version,
      stage: question.stage,
      at: toTime(store.clock.nowMs()),
      verdict: verdictOf(results),
      sentence: sentenceOf(`${question.model} v${question.version}`, results),
      level: now.risk.level,
      policy: policyRef,
      results,
      counts: countsOf(results),
      risk: now.risk,
      evidence: now.digest,
      dossier: newest?.digest ?? null,
    };
  };

  const read = async (project: string, digest: string): Promise<Reading> => {
    const row = await getDossier(store.database, project, digest);
    const content = JSON.parse((await store.blobs.bytes(row.digest)).toString()) as DossierContent;
    const now = await look({ project, model: row.model, version: row.version, stage: "release", because: row.because ?? undefined });
    const decline = await findDecline(store.database, project, row.digest);
    const entries = await record.byId([row.entry_id, ...(decline ? [decline.entry_id] : [])]);
    const madeBy = entries.get(row.entry_id)?.actor.name ?? "someone";
    const approvals = now.review.approvals as Reading["approvals"];
    const risk = content.risk as unknown as Risk;
    const changes = changesBetween(content, now.content);
    const state: SigningState = {
      declined: decline !== undefined,
      changed: now.digest !== row.digest,
      verdict: row.verdict,
      prohibited: risk.prohibited,
      level: risk.level ?? 3,
      participants: new Set([
        madeBy,
        ...(now.facts.version.registeredBy ? [now.facts.version.registeredBy] : []),
        ...(now.facts.lineage?.authors ?? []),
      ]),
      signedBy: approvals.filter((one) => one.dossier === row.digest).map((one) => one.by),
    };
    const approved = isApproved({ evidence: row.digest, approvals, needed: row.needed }, policy, risk);
    const results = mostUrgentFirst(resultsOf(content, policy));
    return {
      row,
      content,
      look: now,
      approvals,
      state,
      view: async (caller) => {
        const answer = maySign(caller, state, policy);
        return {
          digest: row.digest,
          model: row.model,
          version: row.version,
          state: state.declined ? "declined" : state.changed ? "voided" : approved ? "approved" : "in-review",
          verdict: row.verdict,
          level: risk.level,
          madeAt: toTime(row.made_ms),
          madeBy,
          entry: row.entry_id,
          because: row.because,
          contents: contentsOf(content),
          results,
          risk,
          approvals: approvals.map((one) => ({
            dossier: one.dossier,
            by: one.by,
            at: toTime(one.atMs),
            role: one.role,
            note: one.note,
            selfApproved: one.selfApproved,
            entry: one.entry,
            voided:
              one.dossier !== row.digest
                ? `it was given to dossier ${one.dossier.slice(0, 8)}`
                : state.changed
                  ? (changes[0] ?? "the evidence changed")
                  : null,
          })),
          needed: row.needed,
          declined: decline
            ? {
                by: entries.get(decline.entry_id)?.actor.name ?? "someone",
                at: toTime(decline.at_ms),
                reason: textIn(entries.get(decline.entry_id), "reason"),
                entry: decline.entry_id,
              }
            : null,
          intendedUse: now.facts.purpose?.text ?? null,
          notFor: [...content.notFor],
          changes,
          maySign: answer.may
            ? { may: true, why: answer.selfApproved ? "marked as self-approved" : null }
            : { may: false, why: answer.why },
        };
      },
    };
  };

  const changed = (project: string, digest: string): void => store.events.emit("changed", { project, kind: "dossier", id: digest });

  return {
    policy,
    gate,
    risk: riskOf,
    riskAnswers: (project: string, model: string) => source.risk(project, model),

    async dossier(project: string, digest: string, caller: Caller): Promise<DossierView> {
      return (await read(project, digest)).view(caller);
    },

    /** Freezes the evidence of now. The same evidence is the same dossier, whoever asks and however often. */
    async request(question: Omit<Question, "stage">, caller: Caller): Promise<DossierView> {
      const now = await look({ ...question, stage: "release" });
      const name = versionId(question.model, question.version);
      if (now.risk.prohibited)
        throw new CapstanError("CAP-GOV-001", { model: name, why: now.evidence.find((one) => one.id === "risk-1")?.observed ?? "its use" });
      const row: Omit<DossierRow, "number"> = {
        project: question.project,
        digest: now.digest,
        model: question.model,
        version: question.version,
        verdict: verdictOf(now.evidence),
        level: now.risk.level,
        needed: now.review.needed,
        because: question.because ?? null,
        entry_id: store.recorder.newEntryId(),
        made_ms: store.clock.nowMs(),
      };
      const present = () =>
        store.database.find("select digest from dossier where project = ? and digest = ?", [question.project, now.digest]);
      if (!(await present())) {
        await store.blobs.putBytes(Buffer.from(canonicalJson(now.content as unknown as Json)));
        const change = [insertDossier(row), ...store.recorder.lineage([nodeOf(row)], edgesOf(now, row), question.project)];
        const entry: EntryDraft = {
          id: row.entry_id,
          action: "dossier.made",
          subject: { type: "dossier", id: name, digest: now.digest },
          project: question.project,
          actor: caller.actor,
          outcome: row.verdict,
          policy: policyRef.digest,
          ...(question.because !== undefined && { because: question.because }),
          payload: {
            model: question.model,
            version: question.version,
            level: row.level,
            needed: row.needed,
            counts: countsOf(now.evidence),
            purpose: now.content.purpose,
            modelDigest: now.facts.version.digest,
          },
        };
        for (let lost = 0; ; lost++) {
          try {
            await store.recorder.commit(change, [entry]);
            changed(question.project, now.digest);
            break;
          } catch (error) {
            const taken = error instanceof CapstanError && error.code === "CAP-EXISTS-001";
            // Someone froze the same evidence at this moment: theirs is ours. Another dossier took the number: once more.
            if (taken && (await present())) break;
            if (!taken || lost === 3) throw error;
          }
        }
      }
      return (await read(question.project, now.digest)).view(caller);
    },

    /** A signature on one digest. It waits until it is under a signed head, and is refused before it is written when that cannot be. */
    async approve(project: string, digest: string, note: string, caller: Caller): Promise<DossierView> {
      const reading = await read(project, digest);
      const { row, state, look: now } = reading;
      const name = versionId(row.model, row.version);
      if (state.signedBy.includes(caller.actor.name)) return reading.view(caller);
      if (state.prohibited) throw new CapstanError("CAP-GOV-001", { model: name, why: "its use" });
      if (state.declined)
        throw new CapstanError("CAP-STATE-001", { noun: "dossier", name: row.digest.slice(0, 8), state: "declined", action: "signed" });
      if (state.changed)
        throw new CapstanError("CAP-GOV-010", {
          dossier: row.digest.slice(0, 8),
          model: name,
          changes: changesBetween(reading.content, now.content).slice(0, 3).join("; "),
        });
      if (!["pass", "warn"].includes(row.verdict))
        throw new CapstanError("CAP-GOV-011", { model: name, verdict: row.verdict, why: sentenceOf(name, now.evidence) });
      const answer = maySign(caller, state, policy);
      if (!answer.may) throw new CapstanError("CAP-GOV-009", { dossier: row.digest.slice(0, 8), why: answer.why });
      await store.recorder.signed();
      const entryId = store.recorder.newEntryId();
      const role = signingRole(caller);
      const atMs = store.clock.nowMs();
      const node: LineageNode = {
        id: `approval:${entryId}`,
        kind: "approval",
        title: `approval of ${name}`,
        digest: null,
        facts: { role, selfApproved: answer.selfApproved },
      };
      await store.recorder.commit(
        [
          insertApproval(project, {
            dossier: row.digest,
            entry_id: entryId,
            role,
            self_approved: answer.selfApproved ? 1 : 0,
            at_ms: atMs,
          }),
          ...store.recorder.lineage([node], [{ from: node.id, to: `dossier:${row.digest}`, relation: "signs" }], project),
        ],
        [
          {
            id: entryId,
            action: "dossier.approved",
            subject: { type: "dossier", id: name, digest: row.digest },
            project,
            actor: caller.actor,
            policy: policyRef.digest,
            outcome: answer.selfApproved ? "self-approved" : "approved",
            because: row.entry_id,
            payload: { note, role, selfApproved: answer.selfApproved },
          },
        ],
      );
      await store.recorder.signed();
      changed(project, row.digest);
      return (await read(project, row.digest)).view(caller);
    },

    /** Decided no: an end, too. What is signed by others does not count any more. */
    async decline(project: string, digest: string, reason: string, caller: Caller): Promise<DossierView> {
      const { row, state } = await read(project, digest);
      if (state.declined)
        throw new CapstanError("CAP-STATE-001", {
          noun: "dossier",
          name: row.digest.slice(0, 8),
          state: "declined",
          action: "declined again",
        });
      const entryId = store.recorder.newEntryId();
      await store.recorder.commit(
        [insertDecline(project, { dossier: row.digest, entry_id: entryId, at_ms: store.clock.nowMs() })],
        [
          {
            id: entryId,
            action: "dossier.declined",
            subject: { type: "dossier", id: versionId(row.model, row.version), digest: row.digest },
            project,
            actor: caller.actor,
            outcome: "no",
            policy: policyRef.digest,
            because: row.entry_id,
            payload: { reason },
          },
        ],
      );
      changed(project, row.digest);
      return (await read(project, row.digest)).view(caller);
    },
  };
}

const textIn = (entry: Entry | undefined, member: string): string => {
  const payload = entry?.payload;
  const value =
    payload !== null && typeof payload === "object" && !Array.isArray(payload) ? (payload as { [key: string]: Json })[member] : undefined;
  return typeof value === "string" ? value : "";
};

const nodeOf = (row: Omit<DossierRow, "number">): LineageNode => ({
  id: `dossier:${row.digest}`,
  kind: "dossier",
  title: `dossier of ${versionId(row.model, row.version)}`,
  digest: row.digest,
  facts: { verdict: row.verdict, level: row.level },
});

function edgesOf(now: Look, row: Omit<DossierRow, "number">) {
  const from = `dossier:${row.digest}`;
  const evidence = new Set(now.evidence.flatMap((one) => one.evidence).filter((node) => !node.startsWith("entry:")));
  return [
    { from, to: `model:${versionId(row.model, row.version)}`, relation: "judges" },
    ...[...evidence].map((to) => ({ from, to, relation: "evidence" })),
  ];
}

const contentsOf = (content: DossierContent): { name: string; digest: string }[] => [
  ...Object.entries(content.digests).map(([name, digest]) => ({ name, digest })),
  ...content.data.map((one) => ({ name: one.node, digest: one.digest })),
  ...(content.purpose ? [{ name: "purpose", digest: content.purpose }] : []),
  { name: `policy ${content.policy.name}`, digest: content.policy.digest },
];
