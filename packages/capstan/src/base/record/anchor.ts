import { checkpointText, findHead, type Head } from "./checkpoint.ts";
import { checkNote, findVerifier, type Verifier, verifierText } from "./signed-note.ts";

/**
 * A checkpoint as one line for a file that someone else keeps: verifier key (its name is the origin), size, root, signature, parted by spaces.
 * The key is in it, so that a store whose key was exchanged is noticed.
 */
export type Anchor = { readonly head: Head; readonly verifier: Verifier; readonly good: boolean; readonly line: number };

export function anchorLine(note: string, verifier: Verifier): string {
  const { text } = checkNote(note, verifier);
  const head = findHead(text);
  const signature = note.split("\n").find((line) => line.startsWith(`— ${verifier.name} `));
  if (!head || !signature) throw new TypeError("not a checkpoint of this key");
  return `${verifierText(verifier)} ${head.size} ${Buffer.from(head.root, "hex").toString("base64")} ${signature.slice(signature.lastIndexOf(" ") + 1)}`;
}

/** All anchors of a file. Comments, empty lines and the marks of an unfinished merge are passed over: either side of a merge is good. */
export function readAnchors(text: string): { anchors: Anchor[]; unread: number[] } {
  const anchors: Anchor[] = [];
  const unread: number[] = [];
  text.split("\n").forEach((raw, i) => {
    const line = raw.trim();
    if (line === "" || /^(#|<{7}|={7}|>{7}|\|{7})/.test(line)) return;
    const [key, size, root, signature, more] = line.split(" ");
    const verifier = findVerifier(key ?? "");
    const head = verifier && findHead(`${verifier.name}\n${size}\n${root}\n`);
    if (!verifier || !head || !signature || more !== undefined) {
      unread.push(i + 1);
      return;
    }
    const note = `${checkpointText(head)}\n— ${verifier.name} ${signature}\n`;
    anchors.push({ head, verifier, good: checkNote(note, verifier).verdict === "good", line: i + 1 });
  });
  return { anchors, unread };
}
