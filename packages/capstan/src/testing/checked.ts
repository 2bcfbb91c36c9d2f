import type { Operation } from "@capstan/contract";
import type { Handlers } from "../base/foundation/caller.ts";

/** Handlers whose answers are held against the contract: a test that calls them fails when an output has another form than it says. */
export function checked<T extends Record<string, Operation>>(operations: T, handlers: Partial<Handlers<T>>): Handlers<T> {
  const all = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (input: never, caller: never) => {
      const answer: unknown = await (handle as (input: never, caller: never) => Promise<unknown>)(input, caller);
      operations[name]?.output.parse(answer);
      return answer;
    },
  ]);
  return Object.fromEntries(all) as Handlers<T>;
}
