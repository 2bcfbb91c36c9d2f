import { goesForward, type Verdict } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import type { Policy } from "./policy.ts";

export type SigningState = {
  readonly declined: boolean;
  /** The evidence of now is another than the dossier's. */
  readonly changed: boolean;
  readonly verdict: Verdict;
  readonly prohibited: boolean;
  readonly level: number;
  /** Names of those who had a part: asked, registered, ran, wrote. */
  readonly participants: ReadonlySet<string>;
  readonly signedBy: readonly string[];
};
export type SigningAnswer = { may: true; selfApproved: boolean } | { may: false; why: string };

/** Who may sign: a person with the right, who had no part in it, or up to the policy's level the one person that there is. */
export function maySign(caller: Pick<Caller, "actor" | "via" | "capabilities">, state: SigningState, policy: Policy): SigningAnswer {
  const no = (why: string): SigningAnswer => ({ may: false, why });
  if (state.prohibited) return no("its use is prohibited");
  if (state.declined) return no("it was declined");
  if (state.changed) return no("the evidence changed since it was made");
  if (!goesForward(state.verdict)) return no(`its gate says ${state.verdict}`);
  if (!caller.capabilities.has("approve")) return no("you do not hold a role that signs");
  // Two tokens may be one person's: only a person's name counts people.
  if (caller.actor.kind !== "person")
    return no(caller.actor.name.startsWith("token:") ? "this token belongs to no person" : "only people sign");
  if (state.signedBy.includes(caller.actor.name)) return no("you have signed it");
  if (!state.participants.has(caller.actor.name)) return { may: true, selfApproved: false };
  if (state.level <= policy.selfApprovedUpTo && caller.via === "session") return { may: true, selfApproved: true };
  return no(
    state.level > policy.selfApprovedUpTo
      ? `you had a part in it, and self-approval counts up to level ${policy.selfApprovedUpTo} only`
      : "you had a part in it",
  );
}

/** As which one signs; the second line speaks as such even when it holds more. */
export const signingRole = (caller: Pick<Caller, "via" | "roles">): string => {
  for (const role of ["second-line", "sponsor", "reviewer"] as const)
    if (caller.via !== "session" && caller.roles.includes(role)) return role;
  return caller.via === "session" ? "local" : "reviewer";
};
