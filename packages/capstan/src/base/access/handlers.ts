import type { Operation, OutputOf, ParsedInputOf } from "@capstan/contract";
import type { Caller } from "./model.ts";

/** What a room binds to the contract: one function per operation it owns. The gate has admitted `caller` before it is called. */
export type Handler<T extends Operation> = (input: ParsedInputOf<T>, caller: Caller) => Promise<OutputOf<T>>;
export type Handlers<T extends Record<string, Operation>> = { readonly [K in keyof T]: Handler<T[K]> };
