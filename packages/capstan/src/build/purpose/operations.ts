import type { purposeOperations } from "@capstan/contract/operations/purpose";
import { toTime } from "../../base/foundation/clock.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { type PurposeService, type ValuedRows, versionName } from "./model.ts";

/** Bytes behind a reference such as `data:flights@v1` or `step:prepare.test`, or a file of the host's machine. */
export type RowsOf = (project: string, reference: string) => Promise<ValuedRows>;

export const purposeHandlers = (service: PurposeService, rowsOf: RowsOf): Handlers<typeof purposeOperations> => ({
  async "purpose.get"({ project }) {
    const versions = await service.versions(project);
    const [newest] = versions;
    const known = newest && (await service.knownWorth(project, newest.number));
    return {
      purpose: newest
        ? {
            version: versionName(newest.number),
            digest: newest.digest,
            declaration: newest.declaration,
            declaredAt: toTime(newest.declaredMs),
            actor: newest.actor,
            entry: newest.entryId,
          }
        : null,
      worth: known ? { ...known.worth, askedAt: toTime(known.askedMs), rowsDigest: known.rowsDigest } : null,
      versions: versions.map((one) => ({
        version: versionName(one.number),
        digest: one.digest,
        declaredAt: toTime(one.declaredMs),
        actor: one.actor,
        entry: one.entryId,
      })),
    };
  },
  async "purpose.declare"({ project, declaration }, caller) {
    const { version, created } = await service.declare(project, declaration, caller);
    return { version: versionName(version.number), digest: version.digest, created, entry: version.entryId };
  },
  async "purpose.worth"({ project, rows, dataset }, caller) {
    const declared = (await service.find(project))?.declaration;
    if (!declared) throw new CapstanError("CAP-PURPOSE-002", {});
    const reference = rows ?? (dataset === undefined ? declared.rows : `data:${dataset}@latest`);
    if (reference === undefined)
      throw new CapstanError("CAP-PURPOSE-003", { problem: "no rows are named, neither here nor in the purpose" });
    return service.worth(project, await rowsOf(project, reference), caller);
  },
});
