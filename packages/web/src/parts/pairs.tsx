import type { ReactNode } from "react";
import "./pairs.css";

export type Pair = { name: ReactNode; value: ReactNode; mono?: boolean };

/** Names at the left, what they are at the right. */
export const Pairs = ({ pairs }: { pairs: readonly Pair[] }) => (
  <dl className="pairs">
    {pairs.map(({ name, value, mono }, i) => (
      <div key={typeof name === "string" ? name : i}>
        <dt className="second">{name}</dt>
        <dd className={mono ? "mono" : undefined}>{value}</dd>
      </div>
    ))}
  </dl>
);
