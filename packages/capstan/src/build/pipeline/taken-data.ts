import { resolve } from "node:path";
import { declaredData } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { DataService } from "../data/model.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { Taken } from "./facts.ts";
import type { Content } from "./model.ts";
import type { PlannedNode } from "./plan.ts";

/** Versions of the datasets that the wanted steps read; made when the bytes changed. */
export async function takeData(
  service: DataService | undefined,
  file: ProjectFile,
  nodes: readonly string[],
  caller: Caller,
  because: string | undefined,
): Promise<Taken> {
  const taken = new Map<string, { content: Content; node: string }>();
  for (const id of nodes) {
    for (const { source, text, place } of file.graph.nodes.get(id)?.inputs ?? []) {
      if (source.kind !== "data" || taken.has(text)) continue;
      if (!service) throw new CapstanError("CAP-CONFIG-013", { path: text, hint: "" }, { where: place });
      const declared = declaredData(file.config.data?.[source.name] ?? {});
      const fresh = source.version === null && declared.path !== undefined;
      const version = fresh
        ? (
            await service.add(
              {
                project: file.project,
                name: source.name,
                path: resolve(file.folder, declared.path ?? ""),
                declared: { time: declared.time, licence: declared.licence, origin: declared.origin, personal: declared.personal },
                ...(because !== undefined && { because }),
              },
              caller,
            )
          ).version
        : await service.get(file.project, source.name, source.version ?? "latest");
      taken.set(text, {
        content: { form: version.form, digest: version.digest, sizeBytes: version.sizeBytes },
        node: `data:${source.name}@v${version.number}`,
      });
    }
  }
  return taken;
}

/** The plan was made of the very bytes that became versions. */
export const sawTheSame = (planned: readonly PlannedNode[], taken: Taken): boolean =>
  planned.every((one) =>
    one.inputs.every((input) => {
      const version = input && taken.get(input.input.text);
      return !version || version.content.digest === input.content.digest;
    }),
  );
