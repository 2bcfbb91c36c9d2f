import { goesForward, type Verdict } from "@capstan/contract";

/** Exit code of something that was asked and answered. */
export const verdictCode = (verdict: Verdict): number => (goesForward(verdict) ? 0 : 3);
