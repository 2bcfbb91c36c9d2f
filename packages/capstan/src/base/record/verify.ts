import { type Verdict, worstVerdict } from "@capstan/contract";
import type { Verification } from "@capstan/contract/operations/record";
import { type Clock, toTime } from "../foundation/clock.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { Database } from "../storage/database.ts";
import { checkCheckpoint, originOf } from "./checkpoint.ts";
import type { SealCheck } from "./seal-check.ts";
import { findVerifier, type Verifier } from "./signed-note.ts";
import { openTiles } from "./tiles.ts";
import { anchoredSizes, judgeAnchors } from "./verify-anchors.ts";
import { type Fault, type LedgerWalk, locateFault, walkLedger } from "./verify-ledger.ts";

export type VerifyOptions = {
  /** May be opened for reading only. */
  database: Database;
  storeId: string;
  tilesFolder: string;
  clock: Clock;
  /** The key that the person brings (state folder, `--key`). Without it the key that the store names is used, and the answer says so. */
  trusted?: Verifier | undefined;
  /** Content of `capstan.anchor`. */
  anchorText?: string | undefined;
  blobs?: BlobStore | undefined;
  seals?: readonly SealCheck[];
  deep?: boolean;
};
type Part = Verification["parts"][number];
type StoredHead = { size: number; root: string; note: string; at_ms: number };

/** Objects read and hashed when not all are. */
const sampleSize = 40;
/** Signatures checked when not all are: the newest ones; every root is compared in any case. */
const signatureSample = 64;

/** The whole record, offline: reads, never writes, and asks nobody. */
export async function verifyRecord(options: VerifyOptions): Promise<Verification> {
  const { database, clock } = options;
  const beganMs = clock.nowMs();
  const origin = originOf(options.storeId);
  const heads = await database.all<StoredHead>("select size, root, note, at_ms from checkpoint order by size");
  const walk = await walkLedger(database, [...heads.map((one) => one.size), ...anchoredSizes(options.anchorText)]);
  const named = await database.find<{ verifier: string }>("select verifier from ledger_key order by at_ms desc limit 1");
  const verifier = options.trusted ?? (named && findVerifier(named.verifier));
  const newest = heads.at(-1);
  const parts: Part[] = [];
  const reliedOn: string[] = [];
  const add = (part: Part["part"], verdict: Verdict, text: string, index: number | null = null): void =>
    void parts.push({ part, verdict, text, index });

  const fault = await faultOfLedger(options, heads, walk);
  const left = await waiting(database, clock.nowMs());
  if (fault) add("ledger", "fail", fault.text, fault.index);
  else if (left.late > 0) add("ledger", "warn", `${left.late} changes wait for their place in the tree for more than a minute`);
  else
    add(
      "ledger",
      "pass",
      `${walk.size} entries, tree root ${walk.root.slice(0, 8)}${newest && newest.size === walk.size ? ` equals the head signed at ${toTime(newest.at_ms)}` : ""}`,
    );

  const signature = judgeSignatures(heads, verifier, options.deep === true);
  if (!newest) add("checkpoint", "inconclusive", "no head was ever signed: nothing says that this is what was written");
  else if (signature) add("checkpoint", "fail", signature);
  else
    add(
      "checkpoint",
      "pass",
      `${heads.length} signed heads, the newest at ${newest.size} entries${walk.size > newest.size ? `; ${walk.size - newest.size} acknowledged, not signed yet` : ""}`,
    );
  if (newest && !signature)
    reliedOn.push(
      options.trusted
        ? `your key ${options.trusted.id.toString(16)} for ${origin}`
        : "the key that the store itself names: whoever can write the store could have exchanged it",
    );

  const anchors = judgeAnchors(options.anchorText, origin, verifier, walk);
  add("anchor", anchors.verdict, anchors.text, anchors.index);
  reliedOn.push(...anchors.reliedOn);

  const payloads = walk.payloads.end();
  add("payloads", payloads.verdict, payloads.text, payloads.index);

  const counts: string[] = [];
  const problems: string[] = [];
  for (const seal of options.seals ?? []) {
    const answer = await seal.check({ deep: options.deep === true });
    counts.push(`${answer.count} ${seal.noun}${answer.read === undefined || answer.count === 0 ? "" : `, ${answer.read}`}`);
    problems.push(...answer.problems);
  }
  if (problems.length > 0) add("seals", "fail", `${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ""}`);
  else if (counts.length > 0) add("seals", "pass", counts.join(" · "));
  if (options.blobs) {
    const bytes = await judgeBytes(options.blobs, options.deep === true);
    add("bytes", bytes.verdict, bytes.text);
  }

  return {
    verdict: worstVerdict(parts.map((one) => one.verdict)),
    at: toTime(clock.nowMs()),
    seconds: (clock.nowMs() - beganMs) / 1000,
    entries: walk.size + left.all,
    size: newest?.size ?? 0,
    root: walk.root,
    parts,
    reliedOn,
  };
}

async function faultOfLedger(options: VerifyOptions, heads: readonly StoredHead[], walk: LedgerWalk): Promise<Fault | undefined> {
  const newest = heads.at(-1);
  let good = 0;
  let wrong: StoredHead | undefined;
  for (const head of heads) {
    const root = walk.roots.get(head.size);
    if (root === undefined || root !== head.root) {
      wrong = head;
      break;
    }
    good = head.size;
  }
  if (!wrong || !newest) return walk.fault;
  const located = await locateFault(options.database, openTiles(options.tilesFolder, options.database), newest, good);
  const candidates = [walk.fault, located].filter((one) => one !== undefined).sort((a, b) => a.index - b.index);
  if (candidates[0]) return candidates[0];
  if (wrong.size > walk.size)
    return { index: walk.size, text: `entries from ${walk.size} on are missing: the signed head has ${newest.size}` };
  return {
    index: good,
    text: `an entry between ${good} and ${wrong.size - 1} differs from the signed tree; which one cannot be told without the tiles`,
  };
}

function judgeSignatures(heads: readonly StoredHead[], verifier: Verifier | undefined, all: boolean): string | undefined {
  if (heads.length > 0 && !verifier) return "the store names no key that its heads could be checked with";
  for (const head of all ? heads : heads.slice(-signatureSample)) {
    const checked = verifier && checkCheckpoint(head.note, verifier);
    if (checked?.verdict !== "good")
      return `the head at ${head.size} entries is not signed by ${checked?.verdict === "bad" ? "its key: the note was edited" : "the key that was expected"}`;
    if (checked.head.size !== head.size || checked.head.root !== head.root)
      return `the head stored for ${head.size} entries is not the one that was signed`;
  }
  return undefined;
}

async function waiting(database: Database, nowMs: number): Promise<{ all: number; late: number }> {
  const row = await database.find<{ every: number; late: number }>(
    "select count(*) as every, count(case when at_ms < ? then 1 end) as late from entry where idx is null",
    [nowMs - 60_000],
  );
  return { all: row?.every ?? 0, late: row?.late ?? 0 };
}

async function judgeBytes(blobs: BlobStore, deep: boolean): Promise<{ verdict: "pass" | "fail"; text: string }> {
  const digests: string[] = [];
  for await (const blob of blobs.list()) digests.push(blob.digest);
  // Evenly over the names, which are hashes: as good as by lot, and the same at each asking.
  const step = deep ? 1 : Math.max(1, Math.floor(digests.length / sampleSize));
  let read = 0;
  for (let i = 0; i < digests.length; i += step) {
    const digest = digests[i] as string;
    const state = await blobs.verify(digest);
    if (state === "differs") return { verdict: "fail", text: `object ${digest} holds other bytes than its name says` };
    read += 1;
  }
  return {
    verdict: "pass",
    text: `${digests.length} objects present, ${read} read and hashed${read < digests.length ? "; --deep reads all" : ""}`,
  };
}
