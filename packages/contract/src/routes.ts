import type { Capability, Method, Operation } from "./operation.ts";
import { operations } from "./operations.ts";

/** Where an operation is served and what it takes to call it: the table without its schemas, which cost a command 30 ms to make. The bundle holds this file as plain data. */
export type Route = {
  readonly method: Method;
  readonly path: string;
  readonly capability: Capability;
  /** It takes the name of a project and nothing else, so that a call within the program needs no schema. */
  readonly bare?: true;
};

export const routes: Readonly<Record<string, Route>> = Object.fromEntries(
  Object.entries(operations).map(([name, { method, path, capability, input }]) => [
    name,
    { method, path, capability, ...(Object.keys(input.shape).join() === "project" && { bare: true as const }) },
  ]),
);

/** One operation with its schemas; the bundle loads only the file of its noun. */
export const findOperation = async (name: string): Promise<Operation | undefined> =>
  (operations as Readonly<Record<string, Operation>>)[name];
