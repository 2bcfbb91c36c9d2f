import { describe, expect, test } from "vitest";
import { capabilities, capabilitiesOf, type Role, roles } from "@capstan/contract";
import { refusalOf, type RequestFacts, tokenlessAllowed, tokenlessCapabilities } from "./rules.ts";

const plain: RequestFacts = {
  method: "POST",
  transport: "port",
  host: "127.0.0.1:7070",
  origin: undefined,
  fetchSite: undefined,
  proxied: false,
  loopback: true,
};
const codeOf = (facts: Partial<RequestFacts>): string | undefined => refusalOf({ ...plain, ...facts })?.code;

describe("refusalOf", () => {
  test.each<[string, Partial<RequestFacts>, string | undefined]>([
    ["a program", {}, undefined],
    ["our page", { origin: "http://127.0.0.1:7070", fetchSite: "same-origin" }, undefined],
    ["a name of this machine", { host: "localhost:7070" }, undefined],
    ["IPv6", { host: "[::1]:7070" }, undefined],
    ["a rebound name", { host: "attacker.example" }, "CAP-ACCESS-003"],
    ["a name that begins like ours", { host: "127.0.0.1.attacker.example" }, "CAP-ACCESS-003"],
    ["no host at all", { host: undefined }, "CAP-ACCESS-003"],
    ["another port", { origin: "http://127.0.0.1:3000" }, "CAP-ACCESS-004"],
    ["another site", { origin: "https://attacker.example" }, "CAP-ACCESS-004"],
    ["an origin that is none", { origin: "::" }, "CAP-ACCESS-004"],
    ["a hidden origin that writes", { origin: "null" }, "CAP-ACCESS-004"],
    ["a hidden origin that reads", { origin: "null", method: "GET" }, undefined],
    ["a form of another site", { fetchSite: "cross-site" }, "CAP-ACCESS-004"],
    ["a sibling", { fetchSite: "same-site" }, "CAP-ACCESS-004"],
    ["a link from elsewhere", { fetchSite: "cross-site", method: "GET" }, undefined],
    ["a deletion from elsewhere", { fetchSite: "cross-site", method: "DELETE" }, "CAP-ACCESS-004"],
    ["a method nobody knows", { fetchSite: "cross-site", method: "PROPFIND" }, "CAP-ACCESS-004"],
    ["the socket", { transport: "socket", host: "anything", origin: "https://attacker.example" }, undefined],
    ["off loopback, any host name", { loopback: false, host: "ml.example" }, undefined],
    ["off loopback, another site", { loopback: false, host: "ml.example", origin: "https://attacker.example" }, "CAP-ACCESS-004"],
  ])("%s", (_, facts, code) => expect(codeOf(facts)).toBe(code));
});

test("nobody comes in without a token off loopback or behind a proxy", () => {
  expect(tokenlessAllowed(plain)).toBe(true);
  expect(tokenlessAllowed({ ...plain, loopback: false })).toBe(false);
  expect(tokenlessAllowed({ ...plain, proxied: true })).toBe(false);
});

describe("roles", () => {
  test("every capability is held by some role, and nobody holds one that there is not", () => {
    const held = capabilitiesOf(Object.keys(roles) as Role[]);
    expect([...held].sort()).toEqual([...capabilities].sort());
  });
  test.each([
    ["approve", ["reviewer", "second-line", "sponsor"]],
    ["release", ["operator"]],
    ["admin", ["admin"]],
    ["policy", ["admin"]],
    ["waive", ["second-line"]],
    ["stop", ["operator", "second-line", "sponsor"]],
    ["export", ["second-line", "auditor"]],
  ] as const)("only some may %s", (capability, expected) => {
    expect((Object.keys(roles) as Role[]).filter((role) => capabilitiesOf([role]).has(capability))).toEqual(expected);
  });
  test("who administers does not decide, and who decides does not administer", () => {
    for (const deciding of ["approve", "release", "run", "waive"] as const) expect(capabilitiesOf(["admin"]).has(deciding)).toBe(false);
  });
  test("without a token only reading, logging and predicting", () =>
    expect([...tokenlessCapabilities].sort()).toEqual(["log", "predict", "read"]));
});
