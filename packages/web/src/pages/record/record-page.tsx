import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { client, useOperation } from "../../data/api.ts";
import { Ago, count, Digest, seconds } from "../../parts/format.tsx";
import { Answer, Facts, Failure, PageHead } from "../../parts/layout.tsx";
import { Lineage } from "../../parts/lineage.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { Entries } from "./entries.tsx";
import { EntryPanel } from "./entry-panel.tsx";
import { AnchorLine, ExportBundle } from "./exports.tsx";
import { VerificationCard } from "./verification.tsx";

/** What exactly happened, in order, and whether it is untouched. `entry` is an id, an index, or a lineage node (`kind:id`). */
export function RecordPage() {
  const { project = "", entry } = useParams({ strict: false }) as { project?: string; entry?: string };
  const navigate = useNavigate();
  const asked = (useLocation().search as { q?: unknown }).q;
  const q = typeof asked === "string" ? asked : "";
  const [limit, setLimit] = useState(100);
  const head = useOperation("record.head", {});
  // What one reads stays until more of it, or what the words find, is there.
  const entries = useOperation(
    "record.entries",
    { project, limit, ...(q !== "" && { q }) },
    { keep: (before) => before.project === project },
  );
  const verify = useMutation({
    mutationFn: (anchor?: string) => client.call("record.verify", { deep: false, ...(anchor !== undefined && { anchor }) }),
    onSuccess: () => head.refetch(),
  });
  const base = `/p/${project}/record`;
  const node = entry?.includes(":") ? entry : undefined;
  const found = verify.data ?? head.data?.verified ?? null;
  const search = (value: string): void => void navigate({ to: ".", search: (value === "" ? {} : { q: value }) as never, replace: true });
  const seen = entries.data?.entries.find((one) => one.id === entry || String(one.index) === entry);
  return (
    <>
      <PageHead
        title="Record"
        acts={
          <>
            <AnchorLine />
            <ExportBundle project={project} />
            <button
              type="button"
              className="button filled"
              aria-disabled={verify.isPending}
              onClick={() => {
                if (!verify.isPending) verify.mutate(undefined);
              }}
            >
              {verify.isPending ? "Verifying …" : "Verify now"}
            </button>
          </>
        }
      >
        Everything that changed state, in order. Entries cannot be edited or deleted, by anyone.
      </PageHead>
      <Answer query={head}>
        {(one) => (
          <Facts
            facts={[
              {
                label: "State",
                value: (
                  <span className="verdict">
                    {found === null ? (
                      <>
                        <VerdictGlyph mark="none" />
                        Not verified yet
                      </>
                    ) : (
                      <>
                        <VerdictGlyph mark={found.verdict} />
                        {found.verdict === "pass" ? "Verified" : found.verdict}
                      </>
                    )}
                  </span>
                ),
                small:
                  found === null ? (
                    "by this process"
                  ) : (
                    <>
                      <Ago time={found.at} />, {count(found.entries)} entries in {seconds(found.seconds)}
                    </>
                  ),
              },
              {
                label: "Signed head",
                value: one.signed ? <Digest digest={one.signed.root} /> : "not signed",
                small: one.signed ? (
                  <>
                    tree of {count(one.signed.size)}, <Ago time={one.signed.at} />
                  </>
                ) : (
                  "no key at hand"
                ),
              },
              { label: "Entries", value: count(one.size), small: <span style={{ overflowWrap: "anywhere" }}>{one.origin}</span> },
              {
                label: "Waiting for a signature",
                value: count(one.waiting),
                small: one.waiting === 0 ? "all are under the signed head" : "acknowledged, not signed",
              },
              {
                label: "Key",
                value: one.key === null ? "none" : (one.key.split("+")[1] ?? ""),
                small: one.canSign ? "signs in this process" : "not at hand here",
              },
            ]}
          />
        )}
      </Answer>
      {verify.isError && <Failure error={verify.error} />}
      {found && <VerificationCard found={found} against={(file) => void file.text().then((anchor) => verify.mutate(anchor))} />}
      {node !== undefined && <Lineage key={node} project={project} node={node} />}
      <div className="grid two" style={{ alignItems: "start" }}>
        <Entries
          project={project}
          query={entries}
          q={q}
          search={search}
          chosen={seen?.id ?? entry}
          more={() => setLimit(Math.min(1000, limit + 200))}
          open={(id) => void navigate({ to: `${base}/${id}` as never, search: (q === "" ? {} : { q }) as never, resetScroll: false })}
        />
        <EntryPanel project={project} entry={node === undefined ? (entry ?? entries.data?.entries[0]?.id) : entries.data?.entries[0]?.id} />
      </div>
    </>
  );
}
