import type { Context } from "../context.ts";
import { bytes } from "../format.ts";
import { glyphs } from "../output.ts";
import { verdictCode } from "../verdict-code.ts";

/** While the store is in use or not: it is read beside its host. */
export async function backup({ out, place, environment }: Context, target: string): Promise<number> {
  const { backupStore } = await import("../../../base/storage/backup.ts");
  const made = await backupStore({ place: place(), environment, target, nowMs: Date.now() });
  out.document({ folder: target, ...made });
  out.result(`${target}: database, ${made.blobs} objects, ${bytes(made.blobBytes)}`);
  for (const digest of made.damaged) out.result(`${glyphs.fail} object ${digest} is damaged in the store and not in the backup`);
  out.talk("the signing key is not in it: back up the folder `keys` of your state folder apart from it");
  return made.damaged.length > 0 ? 3 : 0;
}

/** Into a project without a store; ends by verifying the record. */
export async function restore(context: Context, from: string): Promise<number> {
  const { out } = context;
  const { restoreStore } = await import("../../../base/storage/backup.ts");
  const place = context.place();
  const { storeFolder } = place;
  const made = await restoreStore({ backup: from, place, environment: context.environment });
  out.talk(`${storeFolder}: database, ${made.blobs} objects, ${bytes(made.blobBytes)}, as of ${new Date(made.madeMs).toISOString()}`);
  const verified = await (await context.read()).call("record.verify", { deep: false });
  out.document({ folder: storeFolder, ...made, verified });
  for (const part of verified.parts)
    out.result(`${out.paint.verdict(part.verdict, glyphs[part.verdict])} ${part.part.padEnd(11)} ${part.text}`);
  return verdictCode(verified.verdict);
}
