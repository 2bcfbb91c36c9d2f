import { client } from "../../data/api.ts";
import { bytes, count, Digest } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";

/** The whole record as one file that anyone can verify without this program running. */
export const ExportBundle = ({ project }: { project: string }) => (
  <Guarded
    capability="export"
    act={() => client.call("record.export", { payloads: true })}
    said={(done) => (
      <>
        <strong>{count(done.entries)} entries</strong> under a head signed for {count(done.checkpoint.size)}, {bytes(done.sizeBytes)},{" "}
        <Digest digest={done.blob} />.{" "}
        <a href={`/api/v1/p/${project}/blobs/${done.blob}`} download={`capstan-record-${done.checkpoint.size}.tar`}>
          Download the bundle
        </a>
        . Leaves, payloads, proofs and the signed head are in it: it is verified offline, without this store.
      </>
    )}
  >
    Export bundle
  </Guarded>
);

/** A checkpoint for someone else to hold: against it a rewrite with the key in hand is found, too. */
export const AnchorLine = () => (
  <Guarded
    capability="export"
    act={() => client.call("record.anchor", {})}
    said={(done) => (
      <>
        Signed for {count(done.checkpoint.size)} entries. Keep this line elsewhere, such as in <code>capstan.anchor</code>:{" "}
        <code style={{ overflowWrap: "anywhere" }}>{done.line}</code>{" "}
        <button type="button" className="text-button" onClick={() => void navigator.clipboard.writeText(done.line)}>
          Copy
        </button>
      </>
    )}
  >
    Anchor
  </Guarded>
);
