import { CapstanError } from "../../base/foundation/errors.ts";
import { type Database, insert, type Statement } from "../../base/storage/database.ts";
import type { Verdict } from "@capstan/contract";

export type DossierRow = {
  project: string;
  digest: string;
  /** Order of making within the project. */
  number: number;
  model: string;
  version: number;
  verdict: Verdict;
  level: number | null;
  needed: number;
  because: string | null;
  entry_id: string;
  made_ms: number;
};
export type ApprovalRow = { dossier: string; entry_id: string; role: string; self_approved: number; at_ms: number };
export type DeclineRow = { dossier: string; entry_id: string; at_ms: number };

export const insertDossier = (row: Omit<DossierRow, "number">): Statement => ({
  sql: `insert into dossier (project, digest, number, model, version, verdict, level, needed, because, entry_id, made_ms)
    values (?, ?, (select coalesce(max(number), 0) + 1 from dossier where project = ?), ?, ?, ?, ?, ?, ?, ?, ?)`,
  params: [
    row.project,
    row.digest,
    row.project,
    row.model,
    row.version,
    row.verdict,
    row.level,
    row.needed,
    row.because,
    row.entry_id,
    row.made_ms,
  ],
  exists: { noun: "dossier", name: row.digest.slice(0, 8) },
});
export const insertApproval = (project: string, row: ApprovalRow): Statement => insert("dossier_approval", { project, ...row });
export const insertDecline = (project: string, row: DeclineRow): Statement =>
  insert("dossier_decline", { project, ...row }, { exists: { noun: "decision on dossier", name: row.dossier.slice(0, 8) } });

/** By digest, or by its first eight or more digits when only one begins so. */
export async function getDossier(database: Database, project: string, digest: string): Promise<DossierRow> {
  const rows = await database.all<DossierRow>("select * from dossier where project = ? and digest >= ? and digest < ? limit 2", [
    project,
    digest,
    `${digest}g`,
  ]);
  if (rows.length !== 1)
    throw new CapstanError("CAP-NOT-FOUND-001", {
      noun: "dossier",
      name: rows.length === 0 ? digest : `${digest}, more than one begins so`,
    });
  return rows[0] as DossierRow;
}

export const newestDossier = (database: Database, project: string, model: string, version: number): Promise<DossierRow | undefined> =>
  database.find<DossierRow>("select * from dossier where project = ? and model = ? and version = ? order by number desc limit 1", [
    project,
    model,
    version,
  ]);

export const approvalsOf = (database: Database, project: string, model: string, version: number): Promise<ApprovalRow[]> =>
  database.all<ApprovalRow>(
    `select dossier_approval.dossier, dossier_approval.entry_id, role, self_approved, at_ms from dossier_approval
     join dossier on dossier.project = dossier_approval.project and dossier.digest = dossier_approval.dossier
     where dossier.project = ? and dossier.model = ? and dossier.version = ? order by at_ms`,
    [project, model, version],
  );

export const findDecline = (database: Database, project: string, dossier: string): Promise<DeclineRow | undefined> =>
  database.find<DeclineRow>("select dossier, entry_id, at_ms from dossier_decline where project = ? and dossier = ?", [project, dossier]);

export type ListedDossier = DossierRow & { signed: number; declined_ms: number | null; signed_ms: number | null; newer: number };

/** Newest first, below the number `before`. */
export const listDossiers = (
  database: Database,
  project: string,
  filter: { model?: string | undefined; before?: number | undefined; limit: number },
): Promise<ListedDossier[]> =>
  database.all<ListedDossier>(
    `select dossier.*,
       (select count(*) from dossier_approval a where a.project = dossier.project and a.dossier = dossier.digest) as signed,
       (select max(at_ms) from dossier_approval a where a.project = dossier.project and a.dossier = dossier.digest) as signed_ms,
       (select at_ms from dossier_decline d where d.project = dossier.project and d.dossier = dossier.digest) as declined_ms,
       (select count(*) from dossier n where n.project = dossier.project and n.model = dossier.model and n.version = dossier.version and n.number > dossier.number) as newer
     from dossier where project = ?${filter.model === undefined ? "" : " and model = ?"}${filter.before === undefined ? "" : " and number < ?"}
     order by number desc limit ?`,
    [project, ...(filter.model === undefined ? [] : [filter.model]), ...(filter.before === undefined ? [] : [filter.before]), filter.limit],
  );
