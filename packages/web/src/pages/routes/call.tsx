import { useState } from "react";
import type { Output } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";

type Route = Output<"routes.get">;

/** A request that fits the signature, in the Open Inference Protocol. */
function commandOf(one: Route): string {
  const inputs = (one.signature?.inputs ?? []).map((column) => ({
    name: column.name,
    datatype: column.datatype,
    shape: [1, 1],
    data: [column.datatype === "BYTES" ? "…" : column.datatype === "BOOL" ? false : 0],
  }));
  return `curl ${location.origin}${one.url} \\\n  -H 'content-type: application/json' -d '{\n  "inputs": [\n    ${inputs.map((input) => JSON.stringify(input)).join(",\n    ")}\n  ]\n}'`;
}

export function CallCard({ one, project }: { one: Route; project: string }) {
  const [copied, setCopied] = useState(false);
  const command = commandOf(one);
  return (
    <Card
      title="How to call it"
      note="Open Inference Protocol v2"
      right={
        <button
          type="button"
          className="button"
          style={{ height: 24 }}
          onClick={() => void navigator.clipboard.writeText(command).then(() => setCopied(true))}
        >
          {copied ? "Copied" : "Copy"}
        </button>
      }
    >
      <pre
        className="mono"
        tabIndex={0}
        aria-label="Request"
        style={{ margin: 0, overflowX: "auto", background: "var(--sunken)", borderRadius: 6, padding: 10 }}
      >
        {command}
      </pre>
      <p className="second" style={{ paddingTop: 10 }}>
        <To href={`/p/${project}/routes/${one.route}/play`}>Try it in the playground</To>.{" "}
        {one.signature === null
          ? "The signature is not known yet. "
          : `${one.signature.inputs.length} columns in, ${one.signature.outputs.map((column) => column.name).join(", ")} out. `}
        {one.settings.key !== null && (
          <>
            Give <code>{one.settings.key}</code> as the key, so that labels find their prediction.
          </>
        )}
      </p>
    </Card>
  );
}
