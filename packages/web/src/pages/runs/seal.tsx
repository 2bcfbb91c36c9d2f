import { Link } from "@tanstack/react-router";
import { useMutation } from "@tanstack/react-query";
import { IconShieldCheck } from "@tabler/icons-react";
import { client } from "../../data/api.ts";
import { bytes, count, Digest } from "../../parts/format.tsx";
import { Failure } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import type { RunDetail } from "./run-detail.ts";

/** One digest over all that a run holds: what it covers, and whether it still holds. */
export function Seal({
  project,
  run,
  deep = false,
}: {
  project: string;
  run: RunDetail;
  /** Offers to hash the bytes of files, too. */ deep?: boolean;
}) {
  const verify = useMutation({ mutationFn: (bytesToo: boolean) => client.call("runs.verify", { project, run: run.id, deep: bytesToo }) });
  if (run.sealed === null)
    return (
      <section className="side-part">
        <h2>Not sealed yet</h2>
        <p className="second">The seal is made when the run ends.</p>
      </section>
    );
  const { sealed } = run;
  return (
    <section className="side-part">
      <h2>
        <IconShieldCheck size={16} stroke={1.75} aria-hidden className="fine" />
        Sealed
        <Link to={`/p/${project}/record/${sealed.entry}` as never} className="line entry">
          its entry
        </Link>
      </h2>
      <p className="second">
        {count(sealed.points)} metric points and {count(sealed.artifacts)} {sealed.artifacts === 1 ? "file" : "files"}
        {run.artifacts.sizeBytes > 0 && ` (${bytes(run.artifacts.sizeBytes)})`}, its params, tags and links are covered by one digest.{" "}
        <Digest digest={sealed.digest} />
      </p>
      <div className="seal-acts">
        <button type="button" className="button" aria-disabled={verify.isPending} onClick={() => !verify.isPending && verify.mutate(false)}>
          Verify now
        </button>
        {deep && (
          <button
            type="button"
            className="button"
            aria-disabled={verify.isPending}
            onClick={() => !verify.isPending && verify.mutate(true)}
          >
            Verify with the bytes of its files
          </button>
        )}
        {verify.data && (
          <VerdictBadge
            mark={verify.data.verdict}
            text={
              verify.data.verdict === "pass"
                ? verify.variables
                  ? `holds: ${count(verify.data.artifacts)} files read again`
                  : "holds: computed again"
                : (verify.data.problems[0] ?? verify.data.verdict)
            }
          />
        )}
      </div>
      {verify.isError && <Failure error={verify.error} />}
    </section>
  );
}
