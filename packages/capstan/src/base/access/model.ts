export type { Caller } from "../foundation/caller.ts";
