import { VerdictBadge } from "../../parts/verdict.tsx";

export const SeverityBadge = ({ severity }: { severity: number }) => (
  <VerdictBadge mark={severity <= 2 ? "fail" : "warn"} text={`SEV ${severity}`} />
);
export const StateTag = ({ state }: { state: string }) => (
  <VerdictBadge mark={state === "closed" ? "pass" : state === "open" ? "fail" : "waiting"} text={state} />
);
