import { expect, test } from "vitest";
import { beginRun, createExperiment, endRun, logFiles, send } from "./mlflow-client.ts";
import { accessibility, hold, painted, settled } from "./visits.ts";
import type { World } from "./world.ts";

/** A report that tries what a script of ours could do. */
const hostile = `<!doctype html><h1>Report</h1><p id="said">no script ran</p><script>
const said = document.getElementById("said");
said.textContent = "script ran as " + self.origin;
try { parent.document.title = "taken"; } catch { said.textContent += ", page closed"; }
try { localStorage.length; } catch { said.textContent += ", storage closed"; }
fetch("/api/v1/session").then((one) => one.text()).then((text) => (said.textContent += ", saw " + text), () => (said.textContent += ", network closed"));
</script>`;

/** y = relu(x), as an ONNX file has it; every byte of it is a character. */
function onnx(): string {
  const byte = String.fromCharCode;
  const message = (field: number, ...parts: string[]): string => byte(field * 8 + 2, parts.join("").length) + parts.join("");
  const value = (field: number, name: string): string =>
    message(
      field,
      message(1, name),
      message(2, message(1, byte(8, 1), message(2, message(1, message(2, "rows")), message(1, byte(8, 3))))),
    );
  const graph = message(
    7,
    message(1, message(1, "x"), message(2, "y"), message(4, "Relu")),
    message(2, "one-step"),
    value(11, "x"),
    value(12, "y"),
  );
  return byte(8, 9) + message(2, "a test") + graph + message(8, byte(16, 21));
}

const files: Record<string, string> = {
  "report.html": hostile,
  "deep/down/table.csv": `name,n\n${Array.from({ length: 250 }, (_, i) => `row ${i},${i}`).join("\n")}\n`,
  "facts.json": JSON.stringify({ model: { depth: 6, kinds: ["a", "b"] }, note: "<img src=x onerror=alert(1)>" }),
  "logo.svg":
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>parent.document.title="taken"</script><circle cx="20" cy="20" r="18"/></svg>',
  "card.md": "# Card\n\nIt is **good**. [bad](javascript:alert`1`) <script>document.title='taken'</script>\n",
  "long.log": Array.from({ length: 40_000 }, (_, i) => `line ${i + 1} of the log`).join("\n"),
  "model.onnx": onnx(),
  "model.pkl": "\u0080\u0004not opened",
};

/** A trace of two spans, the second of which failed, linked to a run. */
async function logTrace(url: string, experiment: string, run: string): Promise<void> {
  const at = 1_700_000_000_000;
  const trace = "5".repeat(32);
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  const span = (id: string, parentSpanId: string, name: string, fromMs: number, toMs: number, more: object): object => ({
    traceId: trace,
    spanId: id,
    ...(parentSpanId !== "" && { parentSpanId }),
    name,
    startTimeUnixNano: `${at + fromMs}000000`,
    endTimeUnixNano: `${at + toMs}000000`,
    ...more,
  });
  const ask = text("mlflow.spanInputs", '{"question":"how late is the flight"}');
  const spans = [
    span("a".repeat(16), "", "answer", 0, 900, {
      attributes: [ask, text("mlflow.spanType", "CHAIN")],
      status: { code: 2, message: "no model" },
    }),
    span("b".repeat(16), "a".repeat(16), "ask the model", 100, 800, {
      attributes: [ask, text("mlflow.spanType", "LLM")],
      events: [{ name: "exception", timeUnixNano: `${at + 790}000000`, attributes: [text("exception.message", "it was away")] }],
      status: { code: 2, message: "away" },
    }),
  ];
  const sent = await fetch(`${url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-mlflow-experiment-id": experiment },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  expect(sent.status).toBe(200);
  await send(url, "traces/link-to-run", { run_id: run, trace_ids: [`tr-${trace}`] });
}

/** A run as a client of MLflow logs it, with its files. */
async function logRun(url: string): Promise<string> {
  const experiment = await createExperiment(url, "with files");
  const tags = [
    { key: "mlflow.source.git.commit", value: "0123456789abcdef0123456789abcdef01234567" },
    {
      key: "mlflow.source.git.diff",
      value: "diff --git a/fit.py b/fit.py\n--- a/fit.py\n+++ b/fit.py\n@@ -1,2 +1,2 @@\n import x\n-rate = 1\n+rate = 2\n",
    },
  ];
  const id = await beginRun(url, experiment, "with files", { tags });
  await logFiles(url, experiment, id, files);
  const metrics = ["train_loss", "system/cpu_utilization_percentage"].flatMap((key) =>
    Array.from({ length: 400 }, (_, step) => ({ key, step, timestamp: Date.now() + 100 * step, value: 1 / (step + 1) })),
  );
  await send(url, "runs/log-batch", { run_id: id, metrics });
  await send(url, "runs/log-inputs", {
    run_id: id,
    datasets: [
      {
        tags: [{ key: "mlflow.data.context", value: "training" }],
        dataset: { name: "tiny", digest: "0a1b2c3d", source_type: "local", source: '{"uri": "tiny.csv"}', profile: '{"num_rows": 3}' },
      },
    ],
  });
  await endRun(url, id);
  return id;
}

export function artifactJourneys(world: () => World): void {
  test("files of a run are shown as what they are, without a right of the page", async () => {
    const { served, open } = world();
    const id = await logRun(served.url);
    const { page, problems, close } = await open();
    const project = String(served.place.query(`select project from run where id = '${id}'`)[0]?.["project"]);
    const at = `${served.url}/p/${project}/runs/${id}`;
    await page.goto(`${at}/artifacts`);
    const tree = page.getByRole("navigation", { name: "Files" });
    await tree.getByRole("button", { name: "deep" }).focus();
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "Enter"]) {
      await page.keyboard.press(key);
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
    }
    const rows = page.getByRole("group", { name: "Rows of deep/down/table.csv" });
    await rows.getByRole("cell", { name: "row 99", exact: true }).waitFor();
    await page.getByText("rows 1 to 100 of 250, 2 columns").waitFor();
    const later = page.getByRole("button", { name: "Later" });
    // More often than there are pages.
    for (let i = 0; i < 4; i++) await later.click({ force: true });
    await page.getByText("rows 201 to 250 of 250").waitFor();
    for (let i = 0; i < 2; i++) await page.getByRole("button", { name: "Earlier" }).click();
    await page.getByText("rows 1 to 100 of 250").waitFor();
    const byN = rows.getByRole("button", { name: "n", exact: true });
    await byN.click();
    await rows.locator("th[aria-sort=ascending]").waitFor();
    await byN.click();
    await rows.getByRole("row").nth(1).getByText("row 249").waitFor();
    await page.getByRole("textbox", { name: "Rows that hold" }).fill("row 24");
    await page.getByText("rows 1 to 11 of 11").waitFor();
    expect(await accessibility(page)).toEqual([]);

    await tree.getByRole("link", { name: /^report\.html/ }).click();
    const report = page.frameLocator("iframe");
    await report.getByText("script ran as null, page closed, storage closed, network closed").waitFor();
    await tree.getByRole("link", { name: /^logo\.svg/ }).click();
    await page.getByRole("img", { name: "logo.svg" }).waitFor();
    await tree.getByRole("link", { name: /^model\.onnx/ }).click();
    await page.getByRole("group", { name: "Inputs and outputs" }).getByRole("row", { name: "x input float [rows, 3]" }).waitFor();
    await page.getByRole("group", { name: "Graph" }).getByRole("row", { name: "Relu x y" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await tree.getByRole("link", { name: /^card\.md/ }).click();
    await page.getByText("<script>document.title='taken'</script>").waitFor();
    expect(await page.getByRole("link", { name: "bad" }).count()).toBe(0);
    await tree.getByRole("link", { name: /^facts\.json/ }).click();
    await page.getByRole("button", { name: /^model: 2 members/ }).click();
    await page.getByText("depth").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await tree.getByRole("link", { name: /^model\.pkl/ }).click();
    await page.getByText("nothing here opens it").waitFor();
    await tree.getByRole("link", { name: /^long\.log/ }).click();
    // A line is looked for through the whole file: who wants the end meanwhile stays there.
    const release = await hold(page, /long\.log$/, (request) => request.headers()["range"] === undefined);
    await page.getByRole("textbox", { name: "Go to line" }).fill("30000");
    const looked = page.waitForResponse((one) => one.url().endsWith("/long.log") && one.request().headers()["range"] === undefined);
    await page.getByRole("button", { name: "Go", exact: true }).click();
    await page.getByText("Reading …").waitFor();
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.getByText("the last lines").waitFor();
    release();
    await looked;
    await painted(page);
    await page.getByText("the last lines").waitFor();
    await page.getByRole("textbox", { name: "Go to line" }).fill("31234");
    await page.getByRole("button", { name: "Go", exact: true }).click();
    await page.getByText("line 31234 of the log").waitFor();
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.getByText("the last lines").waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(await page.title()).not.toContain("taken");
    // What the report tried is refused in the browser, and said there.
    expect(problems.filter((one) => !/Content Security Policy|violates/.test(one))).toEqual([]);
    await close();
  });

  test("a run that a client of MLflow logged shows its machine, its data, its code and its seals", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const [run] = served.place.query("select id, project, experiment_id from run where name = 'with files'");
    await logTrace(served.url, String(run?.["experiment_id"]), String(run?.["id"]));
    const at = `${served.url}/p/${String(run?.["project"])}/runs/${String(run?.["id"])}`;
    const found: string[] = [];
    for (const [tab, text] of [
      ["", "changes not known"],
      ["/metrics", "by step"],
      ["/system", "cpu utilization, %"],
      ["/inputs", "tiny.csv"],
      ["/code", "rate = 2"],
      ["/checks", "No suite has tested it"],
      ["/traces", "it was away"],
      ["/lineage", "All of the lineage"],
      ["/record", "unchanged since it ended"],
    ] as const) {
      await page.goto(at + tab);
      await settled(page);
      await page.getByText(text).first().waitFor();
      found.push(...(await accessibility(page)));
    }
    await page.goto(`${at}/traces`);
    const spans = page.getByRole("list", { name: /^Spans of/ });
    await spans.getByRole("button", { name: "answer", exact: true }).click();
    await page.locator("pre", { hasText: "how late is the flight" }).waitFor();
    await spans.getByRole("button", { name: "Hide what answer began" }).click();
    await spans.getByRole("button", { name: "ask the model" }).waitFor({ state: "detached" });
    await page.goto(`${at}/record`);
    await page.getByRole("button", { name: "Verify with the bytes of its files" }).click();
    await page.getByText(`holds: ${Object.keys(files).length} files read again`).waitFor();
    await page.goto(`${at}/metrics`);
    const zoom = page.getByRole("group", { name: "Part of loss" });
    await page.getByText("400 points").waitFor();
    await zoom.getByRole("button", { name: "Zoom in" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("points of this part").waitFor();
    await page.getByRole("button", { name: "relative time" }).click();
    await page.waitForURL(/x=elapsed/);
    await page.getByText("by relative time").waitFor();
    expect([...problems, ...found]).toEqual([]);
    await close();
  });
}
