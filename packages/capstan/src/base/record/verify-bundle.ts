import { stat } from "node:fs/promises";
import { worstVerdict } from "@capstan/contract";
import type { Verification } from "@capstan/contract/operations/record";
import { type Clock, toTime } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import { checkCheckpoint } from "./checkpoint.ts";
import { bundleFormat, payloadsPath } from "./export.ts";
import { findLeaf } from "./leaf.ts";
import { PayloadAudit } from "./payload-audit.ts";
import { findVerifier, type Verifier } from "./signed-note.ts";
import { findTarSource, folderSource, type PartSource } from "./tar.ts";
import { findEntries, tilePath, tileWidth } from "./tiles.ts";
import { Frontier, hashBytes, hashLeaf } from "./tree.ts";
import { anchoredSizes, judgeAnchors } from "./verify-anchors.ts";

type Manifest = { origin: string; size: number; root: string; verifier: string; payloads: boolean };

/** A bundle, a folder or a tar file, without store, network or other files. */
export async function verifyBundle(
  path: string,
  options: { clock: Clock; trusted?: Verifier | undefined; anchorText?: string | undefined },
): Promise<Verification> {
  const source = await openBundle(path);
  try {
    return await verifySource(path, source, options);
  } finally {
    await source.close();
  }
}

async function openBundle(path: string): Promise<PartSource> {
  const kind = await stat(path).catch(() => undefined);
  if (!kind) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "bundle", name: path });
  const source = kind.isDirectory() ? folderSource(path) : await findTarSource(path);
  if (!source) throw new CapstanError("CAP-RECORD-004", { name: path, problem: "it is no tar file of plain files" });
  return source;
}

async function verifySource(
  path: string,
  source: PartSource,
  options: { clock: Clock; trusted?: Verifier | undefined; anchorText?: string | undefined },
): Promise<Verification> {
  const beganMs = options.clock.nowMs();
  const manifest = manifestOf(path, await source.find("bundle.json"));
  const note = (await source.find("checkpoint"))?.toString() ?? "";
  const verifier = options.trusted ?? findVerifier(manifest.verifier);
  const checked = verifier && checkCheckpoint(note, verifier);
  const signed = checked?.verdict === "good" && checked.head.origin === manifest.origin ? checked.head : undefined;
  const parts: Verification["parts"] = [];

  const sizes = new Set(anchoredSizes(options.anchorText));
  const walk = await walkBundle(source, signed?.size ?? manifest.size, manifest.payloads, sizes);
  if (!signed)
    parts.push({
      part: "checkpoint",
      verdict: "fail",
      index: null,
      text: checked?.verdict === "bad" ? "the signature under the head is wrong" : "the head is not signed by the key that was expected",
    });
  else
    parts.push({
      part: "checkpoint",
      verdict: "pass",
      index: null,
      text: `head of ${signed.size} entries signed by key ${verifier?.id.toString(16).padStart(8, "0")}`,
    });
  const root = signed?.root ?? manifest.root;
  const fault =
    walk.fault ??
    (walk.root === root
      ? undefined
      : ((walk.tileRoot === root ? walk.otherThanTile : undefined) ?? {
          index: null,
          text: "the entries lead to another root than the signed one, and so do the tiles: which entry differs cannot be told",
        })) ??
    (walk.tileRoot === root
      ? undefined
      : { index: walk.otherThanTile?.index ?? null, text: "the entries are as signed, the tiles are not" });
  if (fault) parts.unshift({ part: "ledger", verdict: "fail", ...fault });
  else
    parts.unshift({
      part: "ledger",
      verdict: "pass",
      index: null,
      text: `${walk.size} entries, tree root ${walk.root.slice(0, 8)} equals the head`,
    });
  const anchors = judgeAnchors(options.anchorText, manifest.origin, verifier, walk);
  parts.push({ part: "anchor", verdict: anchors.verdict, text: anchors.text, index: anchors.index });
  if (manifest.payloads) parts.push({ part: "payloads", ...walk.payloads.end() });
  else parts.push({ part: "payloads", verdict: "skipped", index: null, text: "the bundle was made without payloads" });
  return {
    verdict: worstVerdict(parts.map((one) => one.verdict)),
    at: toTime(options.clock.nowMs()),
    seconds: (options.clock.nowMs() - beganMs) / 1000,
    entries: walk.size,
    size: signed?.size ?? 0,
    root: walk.root,
    parts,
    reliedOn: [
      options.trusted
        ? `your key ${options.trusted.id.toString(16)} for ${manifest.origin}`
        : "the key inside the bundle: whoever made the bundle could have made the key",
      ...anchors.reliedOn,
    ],
  };
}

function manifestOf(path: string, bytes: Buffer | undefined): Manifest {
  const refuse = (problem: string): never => {
    throw new CapstanError("CAP-RECORD-004", { name: path, problem });
  };
  if (!bytes) return refuse("it has no bundle.json");
  try {
    const manifest = JSON.parse(bytes.toString()) as Manifest & { format: string; version: number };
    if (manifest.format !== bundleFormat || manifest.version !== 1) return refuse("its format is not one that this program knows");
    if (!Number.isSafeInteger(manifest.size) || typeof manifest.origin !== "string" || typeof manifest.verifier !== "string")
      return refuse("bundle.json lacks a member");
    return manifest;
  } catch (error) {
    return error instanceof CapstanError ? refuse(String(error.params["problem"])) : refuse("bundle.json is not JSON");
  }
}

type Fault = { index: number | null; text: string };

async function walkBundle(source: PartSource, size: number, withPayloads: boolean, sizes: ReadonlySet<number>) {
  const frontier = new Frontier();
  const tileFrontier = new Frontier();
  const roots = new Map<number, string>();
  const payloads = new PayloadAudit();
  let fault: Fault | undefined;
  let otherThanTile: Fault | undefined;
  if (sizes.has(0)) roots.set(0, frontier.root().toString("hex"));
  for (let n = 0; n * tileWidth < size && !fault; n++) {
    const width = Math.min(tileWidth, size - n * tileWidth);
    const leaves = findEntries((await source.find(tilePath("entries", n, width))) ?? Buffer.alloc(0));
    if (leaves && leaves.length !== width)
      fault = {
        index: n * tileWidth + Math.min(leaves.length, width),
        text: `entry ${n * tileWidth + leaves.length} is missing from the bundle`,
      };
    if (!leaves) fault = { index: n * tileWidth, text: `the entries from ${n * tileWidth} on cannot be read` };
    const tile = (await source.find(tilePath(0, n, width))) ?? Buffer.alloc(0);
    for (let at = 0; at + hashBytes <= tile.length; at += hashBytes) tileFrontier.append(tile.subarray(at, at + hashBytes));
    const kept = withPayloads ? readPayloads(await source.find(payloadsPath(n))) : new Map<string, { salt: Buffer; payload: string }>();
    for (const [i, bytes] of (leaves ?? []).entries()) {
      const index = n * tileWidth + i;
      const leafHash = hashLeaf(bytes);
      if (Buffer.compare(leafHash, tile.subarray(i * hashBytes, (i + 1) * hashBytes)) !== 0)
        otherThanTile ??= { index, text: `entry ${index} is not the one that the tiles have` };
      frontier.append(leafHash);
      if (sizes.has(frontier.size)) roots.set(frontier.size, frontier.root().toString("hex"));
      const leaf = findLeaf(bytes.toString());
      const payload = leaf && kept.get(leaf.id);
      if (leaf && withPayloads) payloads.take(index, leaf, payload?.payload ?? null, payload?.salt ?? null);
    }
  }
  return {
    size: frontier.size,
    root: frontier.root().toString("hex"),
    tileRoot: tileFrontier.root().toString("hex"),
    roots,
    payloads,
    fault,
    otherThanTile,
  };
}

function readPayloads(bytes: Buffer | undefined): Map<string, { salt: Buffer; payload: string }> {
  const found = new Map<string, { salt: Buffer; payload: string }>();
  for (const line of (bytes?.toString() ?? "").split("\n")) {
    try {
      const one = JSON.parse(line) as { id: string; salt: string; payload: string };
      found.set(one.id, { salt: Buffer.from(one.salt, "hex"), payload: one.payload });
    } catch {
      // A line that cannot be read is a payload that is absent, which the audit reports.
    }
  }
  return found;
}
