export type { Handler, Handlers } from "../foundation/caller.ts";
