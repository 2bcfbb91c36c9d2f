import { useEffect, useRef, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import type { RunDetail } from "./run-detail.ts";

const useLog = (project: string, run: RunDetail, tail: number) =>
  useOperation("pipeline.log", { project, ref: run.id, tail }, { ...(run.status === "RUNNING" && { everyMs: 1_000 }) });

/** The last lines that a step wrote. */
export function LogCard({ project, run }: { project: string; run: RunDetail }) {
  const query = useLog(project, run, 200);
  if (query.isError || query.data === undefined) return null;
  const { lines, cut } = query.data;
  return (
    <Card
      title="Log"
      note={lines.length === 0 ? "nothing was written" : cut ? `last ${lines.length} lines` : `${lines.length} lines`}
      flush
    >
      {lines.length > 0 && (
        <pre className="log" tabIndex={0} role="group" aria-label="Log">
          {lines.join("\n")}
        </pre>
      )}
    </Card>
  );
}

/** Whether a line fits: a regular expression where it is one, else words. */
function finder(text: string): (line: string) => boolean {
  if (text === "") return () => true;
  try {
    const pattern = new RegExp(text, "i");
    return (line) => pattern.test(line);
  } catch {
    return (line) => line.toLowerCase().includes(text.toLowerCase());
  }
}

/** As much of the log as is kept at hand, searched and followed. */
export function LogTab({ project, run }: { project: string; run: RunDetail }) {
  const [text, setText] = useState("");
  const [follow, setFollow] = useState(run.status === "RUNNING");
  const [wrap, setWrap] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const query = useLog(project, run, 10_000);
  const lines = query.data?.lines ?? [];
  const found = lines.filter(finder(text));
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, found.length]);
  return (
    <Answer query={query}>
      {({ cut }) => (
        <Card
          title="Log"
          note={`${text === "" ? count(lines.length) : `${count(found.length)} of ${count(lines.length)}`} lines${cut ? ", the last" : ""}`}
          right={
            <span className="log-acts">
              <input
                className="field"
                aria-label="Lines that hold"
                placeholder="lines that hold …"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
              <label className="check">
                <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
                <span>follow</span>
              </label>
              <label className="check">
                <input type="checkbox" checked={wrap} onChange={(event) => setWrap(event.target.checked)} />
                <span>wrap</span>
              </label>
            </span>
          }
          flush
        >
          <pre ref={box} className={wrap ? "log tall" : "log tall unwrapped"} tabIndex={0} role="group" aria-label="Log">
            {found.join("\n")}
          </pre>
        </Card>
      )}
    </Answer>
  );
}
