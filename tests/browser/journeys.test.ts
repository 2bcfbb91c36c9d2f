import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { describeWith } from "../../packages/capstan/src/testing/needs.ts";
import { accessJourneys } from "./access-journeys.ts";
import { artifactJourneys } from "./artifact-journeys.ts";
import { frameJourneys } from "./frame-journeys.ts";
import { hasteJourneys } from "./haste-journeys.ts";
import { outageJourneys } from "./outage-journeys.ts";
import { pipelineJourneys } from "./pipeline-journeys.ts";
import { placeJourneys } from "./place-journeys.ts";
import { runJourneys } from "./run-journeys.ts";
import { type ServedProject, serveSmallProject } from "./served-project.ts";
import { tableJourneys } from "./table-journeys.ts";
import { viewerJourneys } from "./viewer-journeys.ts";
import { chromiumPath, openBrowser } from "./visits.ts";
import { makeWorld, type World } from "./world.ts";

describeWith("the pages in a browser", "Chromium", chromiumPath, (path) => {
  let browser: Browser | undefined;
  let served: ServedProject | undefined;
  let world: World;
  beforeAll(async () => {
    [browser, served] = await Promise.all([openBrowser(path), serveSmallProject()]);
    world = await makeWorld(browser, served);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });
  const inWorld = (): World => world;
  accessJourneys(inWorld);
  placeJourneys(inWorld);
  frameJourneys(inWorld);
  runJourneys(inWorld);
  tableJourneys(inWorld);
  hasteJourneys(inWorld);
  artifactJourneys(inWorld);
  viewerJourneys(inWorld);
  pipelineJourneys(inWorld);
  outageJourneys(inWorld);
});
