import type { UseQueryResult } from "@tanstack/react-query";
import type { Output } from "../../data/api.ts";
import { count, Digest, To } from "../../parts/format.tsx";
import { Answer, Empty } from "../../parts/layout.tsx";
import { nodeHref } from "../../parts/node.ts";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Answered = Output<"record.entries">;

/** Entries newest first; a row opens its entry beside. */
export function Entries({
  project,
  query,
  q,
  search,
  chosen,
  more,
  open,
}: {
  project: string;
  query: UseQueryResult<Answered, Error>;
  q: string;
  search: (value: string) => void;
  chosen: string | undefined;
  more: () => void;
  open: (id: string) => void;
}) {
  return (
    <section className="card" aria-labelledby="entries">
      <header style={{ padding: "8px 14px" }}>
        <h2 id="entries">Entries</h2>
        <label style={{ flex: 1 }}>
          <span className="visually-hidden">Filter by words in action and subject</span>
          <input
            className="field"
            data-filter
            defaultValue={q}
            placeholder="Filter: run, release.promoted, late-arrival …"
            onChange={(event) => search(event.target.value.trim())}
          />
        </label>
        {query.data && (
          <span className="note">
            {count(query.data.entries.length)} of {count(query.data.total)}
          </span>
        )}
      </header>
      <div className="body flush">
        <Answer query={query}>
          {(answer) =>
            answer.entries.length === 0 ? (
              <Empty title={q === "" ? "No entry yet" : `No entry with “${q}”`} />
            ) : (
              <>
                <div className="scroll" tabIndex={0} role="group" aria-label="Entries" style={{ maxHeight: "70vh", overflowY: "auto" }}>
                  <table>
                    <thead>
                      <tr>
                        <th className="num">Entry</th>
                        <th>UTC</th>
                        <th>Actor</th>
                        <th>Action</th>
                        <th>Subject</th>
                        <th>Outcome</th>
                        <th>Digest</th>
                      </tr>
                    </thead>
                    <tbody>
                      {answer.entries.map((one) => (
                        <tr
                          key={one.id}
                          className={one.id === chosen ? "selected" : undefined}
                          onClick={(event) => {
                            if (!(event.target as HTMLElement).closest("button, a")) open(one.id);
                          }}
                          style={{ cursor: "pointer" }}
                        >
                          <td className="num mono">
                            <span className="verdict">
                              <VerdictGlyph mark={one.state === "included" ? "pass" : "waiting"} size={14} label={false} />
                              <span className="visually-hidden">{one.state}</span>
                              <To href={`/p/${project}/record/${one.id}`}>{one.index ?? "–"}</To>
                            </span>
                          </td>
                          <td className="mono second" style={{ whiteSpace: "nowrap" }}>
                            <time dateTime={one.at} title={one.at}>
                              {one.at.slice(5, 10)} {one.at.slice(11, 19)}
                            </time>
                          </td>
                          <td
                            className="second"
                            style={{ maxWidth: 92, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}
                            title={one.actor.name}
                          >
                            {one.actor.name}
                          </td>
                          <td className="mono">{one.action}</td>
                          <td
                            style={{ maxWidth: 128, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}
                            title={`${one.subject.type}:${one.subject.id}`}
                          >
                            <span className="muted">{one.subject.type}</span>{" "}
                            <To href={nodeHref(`/p/${project}`, `${one.subject.type}:${one.subject.id}`)}>
                              {/^[0-9a-f]{32,}$/.test(one.subject.id) ? one.subject.id.slice(0, 8) : one.subject.id}
                            </To>
                          </td>
                          <td className="second">{one.outcome ?? ""}</td>
                          <td>
                            <Digest digest={one.subject.digest ?? one.leafHash} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
                {answer.cursor !== null && answer.entries.length < 1000 && (
                  <div style={{ padding: 10, textAlign: "center", borderTop: "1px solid var(--line)" }}>
                    <button type="button" className="button" onClick={more}>
                      Show older
                    </button>
                  </div>
                )}
              </>
            )
          }
        </Answer>
      </div>
    </section>
  );
}
