import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { sha256 } from "../foundation/hashing.ts";

/** C2SP signed notes with Ed25519 (signature type 1). Text and signatures are parted by an empty line; a signature line begins with an em dash. */
const ed25519 = 1;
const dash = "— ";

export type Verifier = { readonly name: string; readonly id: number; readonly key: KeyObject };
export type Signer = { readonly verifier: Verifier; sign(text: string): string };

const rawPublic = (key: KeyObject): Buffer => Buffer.from(String(key.export({ format: "jwk" }).x), "base64url");
const idOf = (name: string, raw: Uint8Array): number =>
  parseInt(sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ed25519]), raw])).slice(0, 8), 16);
const hexId = (id: number): string => id.toString(16).padStart(8, "0");

/** `name+id+base64(type ‖ key)`: what a person needs to have from elsewhere to trust a note. */
export const verifierText = (verifier: Verifier): string =>
  `${verifier.name}+${hexId(verifier.id)}+${Buffer.concat([Buffer.from([ed25519]), rawPublic(verifier.key)]).toString("base64")}`;

/** Undefined for anything that is not a verifier key of ours. */
export function findVerifier(text: string): Verifier | undefined {
  const [name, id, base64] = splitKey(text.trim());
  if (!name || !id || !base64) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== 33 || bytes[0] !== ed25519) return undefined;
  const raw = bytes.subarray(1);
  if (hexId(idOf(name, raw)) !== id) return undefined;
  return {
    name,
    id: idOf(name, raw),
    key: createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") } }),
  };
}

/** Name and id hold no plus, the base64 of the key may. */
function splitKey(text: string): string[] {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

/** `PRIVATE+KEY+name+id+base64(type ‖ seed)`, the form that the Go tools of transparency logs keep, too. */
export function newSignerText(name: string, seed?: Uint8Array): string {
  const bytes = seed ?? Buffer.from(String(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }).d), "base64url");
  const raw = rawPublic(createPublicKey(privateKey(bytes)));
  return `PRIVATE+KEY+${name}+${hexId(idOf(name, raw))}+${Buffer.concat([Buffer.from([ed25519]), bytes]).toString("base64")}`;
}

const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]) });

export function findSigner(text: string): Signer | undefined {
  if (!text.startsWith("PRIVATE+KEY+")) return undefined;
  const [name, id, base64] = splitKey(text.trim().slice("PRIVATE+KEY+".length));
  const bytes = Buffer.from(base64 ?? "", "base64");
  if (!name || bytes.length !== 33 || bytes[0] !== ed25519) return undefined;
  const secret = privateKey(bytes.subarray(1));
  const key = createPublicKey(secret);
  const number = idOf(name, rawPublic(key));
  if (hexId(number) !== id) return undefined;
  const verifier: Verifier = { name, id: number, key };
  return {
    verifier,
    sign(noteText) {
      const signature = sign(null, Buffer.from(noteText), secret);
      return `${noteText}\n${dash}${name} ${Buffer.concat([Buffer.from(hexId(number), "hex"), signature]).toString("base64")}\n`;
    },
  };
}

export type NoteCheck = { text: string; verdict: "good" | "bad" | "unknown" };

/** Looks for the signature of `verifier`: signatures of others are passed over, a wrong one of its own is bad. */
export function checkNote(note: string, verifier: Verifier): NoteCheck {
  const parted = note.lastIndexOf(`\n\n${dash}`);
  if (parted < 0) return { text: note, verdict: "bad" };
  const text = note.slice(0, parted + 1);
  let verdict: NoteCheck["verdict"] = "unknown";
  for (const line of note.slice(parted + 2).split("\n")) {
    if (!line.startsWith(dash)) continue;
    const gap = line.lastIndexOf(" ");
    const bytes = Buffer.from(line.slice(gap + 1), "base64");
    if (line.slice(dash.length, gap) !== verifier.name || bytes.length !== 68 || bytes.readUInt32BE(0) !== verifier.id) continue;
    if (!verify(null, Buffer.from(text), verifier.key, bytes.subarray(4))) return { text, verdict: "bad" };
    verdict = "good";
  }
  return { text, verdict };
}
