import type { governanceOperations } from "@capstan/contract/operations/governance";
import type { Handlers } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { RecordService } from "../../base/record/service.ts";
import type { Store } from "../../base/record/store.ts";
import { questions } from "./risk-questions.ts";
import { textOf } from "./risk.ts";
import type { GovernanceService } from "./service.ts";
import { type ListedDossier, listDossiers } from "./store.ts";

const stateOf = (row: ListedDossier) =>
  row.declined_ms !== null ? "declined" : row.newer > 0 ? "voided" : row.signed >= row.needed ? "approved" : "in-review";

export const governanceHandlers = (
  service: GovernanceService,
  store: Store,
  record: RecordService,
): Handlers<typeof governanceOperations> => ({
  "governance.gate": async ({ project, model, version, stage }) => service.gate({ project, model, version, stage }),
  "governance.request": async ({ project, model, version, because }, caller) => {
    const reason = because ?? caller.because;
    return service.request({ project, model, version, ...(reason !== undefined && { because: reason }) }, caller);
  },
  "governance.dossier": async ({ project, dossier }, caller) => service.dossier(project, dossier, caller),
  "governance.approve": async ({ project, dossier, note }, caller) => service.approve(project, dossier, note, caller),
  "governance.decline": async ({ project, dossier, reason }, caller) => service.decline(project, dossier, reason, caller),
  "governance.risk": async ({ project, model }) => {
    const { answers } = await service.riskAnswers(project, model);
    return {
      model,
      risk: await service.risk(project, model),
      answers: questions.map((one) => {
        const answer = answers?.[one.key];
        return {
          id: one.id,
          question: one.text,
          key: one.key,
          answer: answer === undefined ? null : textOf(answer),
          unknownCountsAs: textOf(one.worst),
        };
      }),
    };
  },
  "governance.reviews": async ({ project, state, model, limit, cursor }) => {
    const found = [];
    let before = cursor === undefined ? undefined : readCursor(cursor);
    // The state follows from several tables: pages are read until one is full.
    for (;;) {
      const rows = await listDossiers(store.database, project, { model, before, limit: limit + 1 });
      found.push(...rows.filter((row) => state === undefined || stateOf(row) === state));
      const last = rows.at(-1);
      if (rows.length <= limit || found.length > limit || !last) break;
      before = last.number;
    }
    const shown = found.slice(0, limit);
    const entries = await record.byId(shown.map((row) => row.entry_id));
    const last = shown.at(-1);
    return {
      reviews: shown.map((row) => {
        const made = entries.get(row.entry_id);
        const decidedMs = row.declined_ms ?? (row.signed >= row.needed ? (row.signed_ms ?? row.made_ms) : undefined);
        return {
          dossier: row.digest,
          model: row.model,
          version: row.version,
          state: stateOf(row),
          level: row.level,
          verdict: row.verdict,
          counts: countsIn(made?.payload),
          askedBy: made?.actor.name ?? "someone",
          askedAt: toTime(row.made_ms),
          waitingSeconds: Math.max(0, ((decidedMs ?? store.clock.nowMs()) - row.made_ms) / 1000),
          signed: row.signed,
          needed: row.needed,
        };
      }),
      cursor: found.length > limit && last ? String(last.number) : null,
    };
  },
});

function readCursor(cursor: string): number {
  const number = Number(cursor);
  if (!Number.isSafeInteger(number))
    throw new CapstanError("CAP-REQUEST-001", { operation: "governance.reviews", problem: "cursor is not one that this list gave" });
  return number;
}

/** Kept in the entry's payload; empty when that was erased. */
function countsIn(payload: unknown): Record<"error" | "fail" | "inconclusive" | "warn" | "skipped" | "pass", number> {
  const none = { error: 0, fail: 0, inconclusive: 0, warn: 0, skipped: 0, pass: 0 };
  return payload !== null && typeof payload === "object" && "counts" in payload
    ? { ...none, ...(payload.counts as Partial<typeof none>) }
    : none;
}
