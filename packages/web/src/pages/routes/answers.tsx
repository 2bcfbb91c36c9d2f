import { Digest, number, seconds, To } from "../../parts/format.tsx";
import { type Reply, scoreOf } from "./infer.ts";

/** What each version said to the same row; differences are against the first, which is live. */
export const Answers = ({
  arms,
  replies,
  base,
}: {
  arms: readonly { version: string; name: string; bundle: string }[];
  replies: readonly Reply[];
  base: string;
}) => (
  <div className="answers" role="status" aria-label="Answers">
    {replies.map((reply, i) => {
      const arm = arms.find((each) => each.version === reply.version);
      const score = scoreOf(reply);
      const first = replies[0] && scoreOf(replies[0]);
      const difference = i > 0 && score !== null && typeof first === "number" ? score - first : null;
      return (
        <section
          key={reply.version}
          className="card"
          aria-label={reply.version}
          {...(i === 0 && { style: { borderColor: "var(--accent)" } })}
        >
          <div className="body">
            <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
              <i aria-hidden style={{ width: 12, borderTop: `2px ${i === 0 ? "solid" : "dashed"} var(--series-${i + 1})` }} />
              <To href={`${base}/${reply.version}`}>
                <strong>{reply.version}</strong>
              </To>
              <span className={i === 0 ? "tag accent" : "tag"}>{arm?.name}</span>
              <span className="muted" style={{ marginLeft: "auto" }}>
                {seconds(reply.seconds)}
              </span>
            </div>
            {reply.outputs.map((output) => (
              <div key={output.name}>
                <span style={{ fontSize: "1.75rem", lineHeight: "2.25rem", fontWeight: 620 }}>
                  {typeof output.data[0] === "number" ? number(output.data[0]) : String(output.data[0])}
                </span>{" "}
                {difference !== null && output === reply.outputs[0] && (
                  <strong className="second">
                    {difference > 0 ? "+" : ""}
                    {number(difference)}
                  </strong>
                )}
                <div className="second">{output.name}</div>
              </div>
            ))}
            <div className="muted">
              bundle <Digest digest={arm?.bundle} />
            </div>
          </div>
        </section>
      );
    })}
  </div>
);
