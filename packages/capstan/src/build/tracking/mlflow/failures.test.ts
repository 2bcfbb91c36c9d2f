import { type ErrorCode, type ErrorDefinition, errorTable } from "@capstan/contract/errors";
import { expect, test } from "vitest";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { repeatedStatuses, toFailure } from "./failures.ts";

const table = Object.entries(errorTable as Record<string, ErrorDefinition>) as [ErrorCode, ErrorDefinition][];

test("no error that is a user's has a status after which a client asks again for minutes", () => {
  const repeated = table.filter(([code]) => repeatedStatuses.includes(toFailure(new CapstanError(code)).status));
  expect(repeated.filter(([, one]) => one.exit !== 6 && one.exit !== 70).map(([code]) => code)).toEqual([]);
  // What comes by itself, or from somebody who frees the disk, is worth asking again.
  expect(repeated.map(([code]) => code)).toContain("CAP-STORE-003");
});

test("every error of the table has a status that the protocol knows", () => {
  for (const [code] of table)
    expect([code, [400, 401, 403, 404, 409, 500, 503]]).toEqual([code, expect.arrayContaining([toFailure(new CapstanError(code)).status])]);
});
