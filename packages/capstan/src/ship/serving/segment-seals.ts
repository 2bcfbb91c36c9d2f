import { findEntry, toEntry } from "../../base/record/entries.ts";
import type { SealCheck } from "../../base/record/seal-check.ts";
import type { Store } from "../../base/record/store.ts";

type Row = {
  id: string;
  route: string;
  rows: number;
  digest: string;
  sizeBytes: number;
  firstMs: number;
  lastMs: number;
  entryId: string;
};

const pageRows = 500;
/** Read and hashed when not all are: the newest segments, up to so many bytes. */
const sampleBytes = 64 << 20;

/** What verification of the record asks of prediction segments: that each holds the bytes and says the facts that its entry closed it with, and that none is missing or added. */
export const segmentSeals = (store: Store): SealCheck => ({
  noun: "prediction segments",
  async check({ deep }) {
    const problems: string[] = [];
    let [count, read, readBytes] = [0, 0, 0];
    for (let before: string | undefined; ;) {
      const page: Row[] = await store.database.all<Row>(
        `select id, route, row_count as "rows", digest, size_bytes as "sizeBytes", first_observed_ms as "firstMs", last_observed_ms as "lastMs", entry_id as "entryId"
         from segment ${before === undefined ? "" : "where id < ?"} order by id desc limit ${pageRows}`,
        before === undefined ? [] : [before],
      );
      for (const row of page) {
        count++;
        const found = await factsProblem(store, row);
        const hash = deep || readBytes + row.sizeBytes <= sampleBytes;
        const bytes = await bytesProblem(store, row, hash);
        if (hash) [read, readBytes] = [read + 1, readBytes + row.sizeBytes];
        for (const problem of [found, bytes]) if (problem !== undefined) problems.push(`segment ${row.id} of ${row.route}: ${problem}`);
      }
      const last = page.at(-1);
      if (page.length < pageRows || !last) break;
      before = last.id;
    }
    const gone = await store.database.all<{ idx: number | null; id: string }>(
      `select entry.idx, entry.subject_id as "id" from entry left join segment on segment.id = entry.subject_id
       where entry.action = 'segment.closed' and segment.id is null order by entry.idx`,
    );
    for (const one of gone) problems.push(`entry ${one.idx ?? "without a place yet"} closed segment ${one.id}, which is gone`);
    return { count, problems, read: `${read} read and hashed${read < count ? "; --deep reads all" : ""}` };
  },
});

/** Its row against its entry. */
async function factsProblem(store: Store, row: Row): Promise<string | undefined> {
  const stored = await findEntry(store.database, row.entryId);
  const entry = stored && toEntry(stored);
  if (!entry || entry.action !== "segment.closed" || entry.subject.id !== row.id) return "no entry of the ledger closed it";
  if (entry.subject.digest !== row.digest) return "it names other bytes than its entry sealed";
  // Payload and salt may have been erased by law; the digest stays.
  if (entry.payload === null) return undefined;
  const payload = entry.payload as Record<string, unknown>;
  const facts: Record<string, unknown> = {
    route: row.route,
    rows: row.rows,
    sizeBytes: row.sizeBytes,
    firstObservedMs: row.firstMs,
    lastObservedMs: row.lastMs,
  };
  const sealed: Record<string, unknown> = {
    ...payload,
    firstObservedMs: Math.floor(Number(payload["firstObservedMs"])),
    lastObservedMs: Math.ceil(Number(payload["lastObservedMs"])),
  };
  const other = Object.keys(facts).find((name) => facts[name] !== sealed[name]);
  return other === undefined ? undefined : `its ${other} is ${String(facts[other])}, its entry sealed ${String(sealed[other])}`;
}

async function bytesProblem({ blobs }: Store, row: Row, hash: boolean): Promise<string | undefined> {
  const sizeBytes = await blobs.size(row.digest);
  if (sizeBytes === undefined) return "its bytes are missing in the store";
  if (sizeBytes !== row.sizeBytes) return `it has ${sizeBytes} bytes, its entry sealed ${row.sizeBytes}`;
  return hash && (await blobs.verify(row.digest)) !== "same" ? "it holds other bytes than its entry sealed" : undefined;
}
