import fc from "fast-check";
import { expect, test } from "vitest";
import type { WireRequest, WireRoute } from "../model.ts";
import { DocumentError, parseDocument } from "./document.ts";
import { graphqlRoute } from "./route.ts";

const answers: WireRoute[] = [
  {
    method: "GET",
    path: "/api/2.0/mlflow/runs/get",
    capability: "read",
    takes: "message",
    handle: async ({ input }) => ({
      status: 200,
      json: {
        run: { info: { run_id: input["run_id"], experiment_id: "7" }, data: { metrics: [{ key: "a", value: "NaN", timestamp: 5 }] } },
      },
    }),
  },
  {
    method: "GET",
    path: "/api/2.0/mlflow/experiments/get",
    capability: "read",
    takes: "message",
    handle: async ({ input }) => {
      if (input["experiment_id"] === "0") throw new Error("broken");
      return { status: 200, json: { experiment: { experiment_id: input["experiment_id"], name: "seven" } } };
    },
  },
];
const route = graphqlRoute(answers);
const ask = async (query: string, variables: object = {}) =>
  (await route.handle({ input: { query, variables }, params: {} } as unknown as WireRequest)).json as {
    data: Record<string, unknown> | null;
    errors: string[] | null;
  };

test("a run with what hangs on it: variables, aliases, fragments, longs as text, NaN as null", async () => {
  const { data, errors } = await ask(
    `query Q($id: String!, $no: Boolean = true) {
      mine: mlflowGetRun(input: { runId: $id }) { run { ...part info { runId endTime userId @skip(if: $no) } experiment { name __typename } } apiError { code } }
    }
    fragment part on MlflowRun { data { metrics { key value timestamp step } } }`,
    { id: "r1" },
  );
  expect(errors).toBeNull();
  expect(data).toEqual({
    mine: {
      run: {
        data: { metrics: [{ key: "a", value: null, timestamp: "5", step: "0" }] },
        info: { runId: "r1", endTime: "0" },
        experiment: { name: "seven", __typename: "Experiment" },
      },
      apiError: null,
    },
  });
});

test("what is too much, unknown or broken is said, and nothing else of the program", async () => {
  const root = 'mlflowGetExperiment(input: {experimentId: "1"})';
  expect(
    (await ask(`{ ${Array.from({ length: 11 }, (_, i) => `a${i}: ${root} { experiment { name } }`).join(" ")} }`)).errors?.[0],
  ).toContain("at most 10 root fields");
  expect(
    (await ask(`{ ${root} { ${Array.from({ length: 11 }, (_, i) => `a${i}: experiment { name }`).join(" ")} } }`)).errors?.[0],
  ).toContain("at most 10 aliases");
  expect((await ask(`{ ${root} { ${"experiment { ".repeat(12)}name${" }".repeat(12)} } }`)).errors?.[0]).toContain("maximum depth of 10");
  expect((await ask("{ ...a } fragment a on Q { ...a }")).errors?.[0]).toContain("holds itself");
  expect((await ask("{ constructor }")).errors?.[0]).toContain("Cannot query field 'constructor'");
  expect((await ask(`{ ${root} { experiment { toString } } }`)).errors?.[0]).toContain("Cannot query field");
  expect((await ask(`mutation { ${root} { experiment { name } } }`)).errors?.[0]).toContain("on type 'mutation'");
  expect(
    (await ask('{ mlflowGetExperiment(input: {experimentId: "0"}) { experiment { name } apiError { code message } } }')).data,
  ).toMatchObject({
    mlflowGetExperiment: { apiError: { code: "INTERNAL_ERROR" } },
  });
});

test("any text is a document or refused as none", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc
          .array(fc.constantFrom("{", "}", "(", ")", "query", "$a", ":", '"x"', "...", "on", "[", "1"), { maxLength: 40 })
          .map((all) => all.join(" ")),
      ),
      (text) => {
        try {
          parseDocument(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DocumentError);
        }
      },
    ),
  );
});
