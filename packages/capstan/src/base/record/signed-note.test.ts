import { expect, test } from "vitest";
import { anchorLine, readAnchors } from "./anchor.ts";
import { checkCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { checkNote, findSigner, findVerifier, newSignerText, verifierText } from "./signed-note.ts";

const signer = findSigner(newSignerText("capstan/test", Buffer.alloc(32, 1)));
const other = findSigner(newSignerText("capstan/test", Buffer.alloc(32, 2)));
if (!signer || !other) throw new Error("no signer");
const head = { origin: "capstan/test", size: 7, root: "ab".repeat(32) };

test("the note of the Go documentation verifies", () => {
  const verifier = findVerifier("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  if (!verifier) throw new Error("no verifier");
  expect(checkNote(note, verifier).verdict).toBe("good");
  expect(checkNote(note.replace("cryptography", "cryptogrephy"), verifier).verdict).toBe("bad");
});

test("keys survive their texts, a wrong id is refused", () => {
  const text = verifierText(signer.verifier);
  expect(verifierText(findVerifier(text) ?? other.verifier)).toBe(text);
  expect(findVerifier(text.replace(/\+[0-9a-f]{8}\+/, "+00000000+"))).toBeUndefined();
  expect(findVerifier("nonsense")).toBeUndefined();
});

test("signatures of others are passed over, a changed text is bad", () => {
  const note = signCheckpoint(head, signer);
  expect(checkCheckpoint(note, signer.verifier)).toEqual({ head, verdict: "good" });
  expect(checkCheckpoint(note, other.verifier)?.verdict).toBe("unknown");
  expect(checkCheckpoint(note.replace("\n7\n", "\n8\n"), signer.verifier)?.verdict).toBe("bad");
});

test("an anchor is one line, read back also from both sides of a merge", () => {
  const line = anchorLine(signCheckpoint(head, signer), signer.verifier);
  expect(line).not.toContain("\n");
  const second = anchorLine(signCheckpoint({ ...head, size: 9 }, signer), signer.verifier);
  const { anchors, unread } = readAnchors(
    `<<<<<<< ours\n${line}\n=======\n${second}\n>>>>>>> theirs\nrubbish here\n${line.replace(" 7 ", " 8 ")}\n`,
  );
  expect(anchors.map((one) => [one.head.size, one.good])).toEqual([
    [7, true],
    [9, true],
    [8, false],
  ]);
  expect(unread).toEqual([6]);
});
