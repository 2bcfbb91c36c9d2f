import type { Caller } from "../../base/foundation/caller.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Store } from "../../base/record/store.ts";
import type { Analytics } from "../data/analytics.ts";
import { expressionProblem } from "../data/expression.ts";
import { type Pays, type PurposeDeclaration, type PurposeService, type PurposeVersion, versionName } from "./model.ts";
import { worthOf } from "./rules.ts";
import { findWorth, insertVersion, listVersions, saveWorth } from "./store.ts";
import { curveOf } from "./value-curve.ts";
import { countOutcomes, readScored } from "./value-sql.ts";

const attempts = 3;

export function createPurposeService(deps: { store: Store; analytics: Analytics }): PurposeService {
  const { store, analytics } = deps;
  const { database, recorder } = store;

  const find = async (project: string): Promise<PurposeVersion | undefined> => (await listVersions(database, project))[0];
  const get = async (project: string): Promise<PurposeVersion & { pays: Pays }> => {
    const version = await find(project);
    if (!version) throw new CapstanError("CAP-PURPOSE-002", {});
    if (!version.declaration.pays)
      throw new CapstanError("CAP-PURPOSE-003", { problem: "the purpose says nothing about what outcomes pay (`pays`)" });
    return { ...version, pays: version.declaration.pays };
  };

  const declareOnce = async (
    project: string,
    declaration: PurposeDeclaration,
    caller: Caller,
  ): Promise<{ version: PurposeVersion; created: boolean }> => {
    for (const field of ["positive", "today"] as const) {
      const sql = declaration[field];
      const problem = sql === undefined ? undefined : expressionProblem(sql);
      if (problem !== undefined) throw new CapstanError("CAP-PURPOSE-001", { field, problem });
    }
    const digest = digestOfJson(declaration as Json);
    const newest = await find(project);
    if (newest?.digest === digest) return { version: newest, created: false };
    const version: PurposeVersion = {
      project,
      number: (newest?.number ?? 0) + 1,
      digest,
      declaration,
      entryId: recorder.newEntryId(),
      declaredMs: store.clock.nowMs(),
      actor: caller.actor.name,
    };
    const node = `purpose:${versionName(version.number)}`;
    await recorder.commit(
      [
        ...insertVersion(version),
        ...recorder.lineage([{ id: node, kind: "purpose", title: declaration.decision, digest, facts: {} }], [], project),
      ],
      [
        {
          id: version.entryId,
          action: "purpose.declared",
          subject: { type: "purpose", id: versionName(version.number), digest },
          project,
          actor: caller.actor,
          ...(caller.because !== undefined && { because: caller.because }),
          payload: declaration as Json,
        },
      ],
    );
    store.events.emit("changed", { project, kind: "purpose", id: versionName(version.number) });
    return { version, created: true };
  };

  return {
    find,
    versions: (project) => listVersions(database, project),
    knownWorth: (project, number) => findWorth(database, project, number),
    async declare(project, declaration, caller) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await declareOnce(project, declaration, caller);
        } catch (error) {
          if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001") || attempt === attempts) throw error;
        }
      }
    },
    async worth(project, rows, caller) {
      const version = await get(project);
      const worth = worthOf(await countOutcomes(analytics, version.declaration, rows), version.pays, version.declaration.decision);
      const entryId = recorder.newEntryId();
      await recorder.commit(saveWorth(project, version.number, { worth, rowsDigest: rows.digest, entryId, askedMs: store.clock.nowMs() }), [
        {
          id: entryId,
          action: "purpose.valued",
          subject: { type: "purpose", id: versionName(version.number), digest: version.digest },
          project,
          actor: caller.actor,
          outcome: worth.verdict,
          ...(caller.because !== undefined && { because: caller.because }),
          payload: {
            rows: rows.name,
            rowsDigest: rows.digest,
            unit: worth.unit,
            nothing: worth.nothing.perWeek,
            always: worth.always.perWeek,
            today: worth.today?.perWeek ?? null,
            perfect: worth.perfect.perWeek,
          },
        },
      ]);
      store.events.emit("changed", { project, kind: "purpose", id: versionName(version.number) });
      return worth;
    },
    async valueCurve(project, rows, options) {
      const { declaration, pays } = await get(project);
      const scored = await readScored(analytics, declaration, rows);
      if (scored.score.length === 0) throw new CapstanError("CAP-PURPOSE-003", { problem: `${rows.name} has no row with score and truth` });
      return curveOf(scored, pays, options);
    },
  };
}
