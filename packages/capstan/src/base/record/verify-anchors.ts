import { readAnchors } from "./anchor.ts";
import type { Fault } from "./verify-ledger.ts";
import { verifierText, type Verifier } from "./signed-note.ts";

export type AnchorAnswer = { verdict: "pass" | "warn" | "fail"; text: string; index: number | null; reliedOn: string[] };

/** Sizes that the walk must know the root of, so that anchors can be compared. */
export const anchoredSizes = (text: string | undefined): number[] => readAnchors(text ?? "").anchors.map((one) => one.head.size);

/**
 * An anchor is the only thing that an owner of both store and key cannot rewrite. What does not belong to this store proves nothing and is passed over, in words.
 */
export function judgeAnchors(
  text: string | undefined,
  origin: string,
  verifier: Verifier | undefined,
  walk: { size: number; roots: ReadonlyMap<number, string> },
): AnchorAnswer {
  const consistencyOnly =
    "no anchor: this proves that the record is consistent with its own signed heads, not that no second history was kept by someone who holds store and key";
  const { anchors, unread } = readAnchors(text ?? "");
  const ours = anchors.filter((one) => one.head.origin === origin);
  const good = ours.filter((one) => one.good).sort((a, b) => a.head.size - b.head.size);
  const notes = [
    ...(unread.length > 0 ? [`line ${unread.join(", ")} is no anchor`] : []),
    ...(ours.length < anchors.length ? [`${anchors.length - ours.length} of another store passed over`] : []),
    ...(good.length < ours.length ? [`${ours.length - good.length} with a wrong signature passed over`] : []),
  ];
  if (good.length === 0) {
    const why =
      notes.length > 0
        ? `no anchor of this store is readable (${notes.join("; ")})`
        : "none: proves order and content, not that no second history was kept";
    return { verdict: "warn", text: why, index: null, reliedOn: [consistencyOnly] };
  }
  let below = 0;
  for (const { head, verifier: key } of good) {
    const fault = faultOf(head, walk, below);
    if (fault) return { verdict: "fail", ...fault, reliedOn: [`the anchor at size ${head.size}, which the record contradicts`] };
    if (verifier && verifierText(key) !== verifierText(verifier)) {
      return {
        verdict: "fail",
        index: null,
        text: `the anchor at size ${head.size} was signed by another key than this store's: the key was exchanged`,
        reliedOn: [`the key in the anchor at size ${head.size}`],
      };
    }
    below = head.size;
  }
  return {
    verdict: "pass",
    text: `${good.length} held elsewhere, the newest at ${below} of ${walk.size} entries${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`,
    index: null,
    reliedOn: [
      `the anchor at size ${below}: entries below it are the ones that were there when it was taken${walk.size > below ? "; newer ones rest on the signature alone" : ""}`,
    ],
  };
}

function faultOf(
  head: { size: number; root: string },
  walk: { size: number; roots: ReadonlyMap<number, string> },
  below: number,
): Fault | undefined {
  if (head.size > walk.size)
    return { index: walk.size, text: `the record was cut: an anchor has ${head.size} entries, ${walk.size} are left` };
  if (walk.roots.get(head.size) === head.root) return undefined;
  return {
    index: below,
    text: `the record was written anew: the anchor at size ${head.size} has another root; the change is at entry ${below} or after it`,
  };
}
