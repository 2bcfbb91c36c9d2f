import { checkNote, type Signer, type Verifier } from "./signed-note.ts";

/** C2SP tlog-checkpoint: origin, decimal size and root in base64, one line each. */
export type Head = { readonly origin: string; readonly size: number; /** Hex. */ readonly root: string };

export const originOf = (storeId: string): string => `capstan/${storeId}`;
export const checkpointText = (head: Head): string => `${head.origin}\n${head.size}\n${Buffer.from(head.root, "hex").toString("base64")}\n`;
export const signCheckpoint = (head: Head, signer: Signer): string => signer.sign(checkpointText(head));

/** Undefined for a text that has not the form. Further lines of the text are extensions, which we pass over. */
export function findHead(text: string): Head | undefined {
  const [origin, size, root] = text.split("\n");
  if (!origin || !size || !root || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const bytes = Buffer.from(root, "base64");
  if (bytes.length !== 32) return undefined;
  return { origin, size: Number(size), root: bytes.toString("hex") };
}

export type CheckedHead = { head: Head; verdict: "good" | "bad" | "unknown" };
export function checkCheckpoint(note: string, verifier: Verifier): CheckedHead | undefined {
  const { text, verdict } = checkNote(note, verifier);
  const head = findHead(text);
  return head && { head, verdict: head.origin === verifier.name ? verdict : "unknown" };
}
