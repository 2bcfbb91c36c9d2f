import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { beginRun, createExperiment, endRun, logFiles } from "./mlflow-client.ts";
import { accessibility, leave, settled } from "./visits.ts";
import type { World } from "./world.ts";

/** A tone of half a second, 8000 samples of 8 bits in each second. */
function wav(): Uint8Array<ArrayBuffer> {
  const [perSecond, samples, headBytes] = [8000, 4000, 44];
  const bytes = Buffer.alloc(headBytes + samples);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(perSecond, 24);
  bytes.writeUInt32LE(perSecond, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(samples, 40);
  for (let i = 0; i < samples; i++) bytes[headBytes + i] = Math.round(128 + 90 * Math.sin((2 * Math.PI * 440 * i) / perSecond));
  return bytes;
}

/** One page that says one line. */
function pdf(line: string): string {
  const text = `BT /F1 24 Tf 40 100 Td (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, "0")} 00000 n \n`;
  });
  const table = file.length;
  return `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join("")}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
}

/** Some moments of a canvas, as the browser itself records them. */
const webm = async (page: Page): Promise<Uint8Array<ArrayBuffer>> =>
  Buffer.from(
    await page.evaluate<string>(`(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
      const brush = canvas.getContext("2d");
      const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: "video/webm;codecs=vp8" });
      const parts = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const stopped = new Promise((done) => (recorder.onstop = done));
      recorder.start();
      for (let at = 0; at < 10; at++) {
        brush.fillStyle = "hsl(" + 36 * at + " 80% 50%)";
        brush.fillRect(0, 0, 64, 48);
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
      }
      recorder.stop();
      await stopped;
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
    })()`),
    "base64",
  );

export function viewerJourneys(world: () => World): void {
  test("sound, film, paper and Parquet of a run are played, shown and paged", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small`);
    await settled(page);
    const table = await page.request.get(
      `${served.url}/api/v1/p/small/runs-file?format=parquet&filter=${encodeURIComponent("name LIKE 'fit 0._'")}`,
    );
    expect(table.status()).toBe(200);
    const experiment = await createExperiment(served.url, "with media");
    const id = await beginRun(served.url, experiment, "with media");
    await logFiles(served.url, experiment, id, {
      "tone.wav": wav(),
      "film.webm": await webm(page),
      "paper.pdf": pdf("Flights of one day"),
      "runs.parquet": new Uint8Array(await table.body()),
    });
    await endRun(served.url, id);

    await leave(page);
    await page.goto(`${served.url}/p/small/runs/${id}/artifacts`);
    const tree = page.getByRole("navigation", { name: "Files" });
    /** How long what is played lasts, in seconds, once the browser has read it. */
    const seconds = (name: string) =>
      page.evaluate<number | null>(`(() => {
        const played = document.querySelector('[aria-label="${name}"]');
        return played && played.readyState >= 1 && played.error === null && Number.isFinite(played.duration) ? played.duration : null;
      })()`);
    await tree.getByRole("link", { name: /^tone\.wav/ }).click();
    await expect.poll(() => seconds("tone.wav")).toBe(0.5);
    expect(await accessibility(page)).toEqual([]);

    await tree.getByRole("link", { name: /^film\.webm/ }).click();
    const film = page.locator('video[aria-label="film.webm"]');
    // What a browser records does not tell its length; its first picture does that it is read.
    await expect
      .poll(() =>
        film.evaluate<string, { readyState: number; videoWidth: number; videoHeight: number }>(
          (one) => `${one.readyState >= 2} ${one.videoWidth}×${one.videoHeight}`,
        ),
      )
      .toBe("true 64×48");
    expect(await accessibility(page)).toEqual([]);

    await tree.getByRole("link", { name: /^runs\.parquet/ }).click();
    const rows = page.getByRole("group", { name: "Rows of runs.parquet" });
    await page.getByText(/^rows 1 to \d+ of \d+, \d+ columns$/).waitFor();
    await rows.getByRole("columnheader", { name: "name", exact: true }).waitFor();
    await page.getByRole("textbox", { name: "Rows that hold" }).fill("fit 0.3");
    await page.getByText(/^rows 1 to 1 of 1, /).waitFor();
    await rows.getByRole("cell", { name: "fit 0.3", exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Source" }).count()).toBe(0);
    expect(await accessibility(page)).toEqual([]);

    const sent = page.waitForResponse((one) => one.url().endsWith("/paper.pdf"));
    await tree.getByRole("link", { name: /^paper\.pdf/ }).click();
    expect((await sent).headers()["content-type"]).toBe("application/pdf");
    // The browser's own viewer begins in the frame: what the server says about the file lets it.
    await expect.poll(() => page.frames().some((one) => one.url().startsWith("chrome-extension://"))).toBe(true);
    expect(problems).toEqual([]);
    await close();
  });
}
