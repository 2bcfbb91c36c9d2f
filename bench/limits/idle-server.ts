import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers MLflow's clients with one run and otherwise nothing, and keeps nothing: what a client takes against it is the client's own. Prints its address. */
const info = {
  run_id: "0".repeat(32),
  run_uuid: "0".repeat(32),
  experiment_id: "0",
  status: "RUNNING",
  lifecycle_stage: "active",
  artifact_uri: "mlflow-artifacts:/0",
  start_time: 0,
  run_name: "none",
};
const run = JSON.stringify({ run: { info, data: {}, inputs: {} } });

const server = createServer((request, response) => {
  const text = /\/runs\/(create|get)$/.test(request.url?.split("?")[0] ?? "") ? run : "{}";
  request
    .resume()
    .on("end", () => response.writeHead(200, { "content-type": "application/json", "content-length": text.length }).end(text));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
