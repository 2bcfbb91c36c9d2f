import { useState } from "react";
import { client } from "../../data/api.ts";
import { Sheet } from "../../parts/sheet.tsx";
import type { Version } from "./version-page.tsx";

/** Labels move at once and move no traffic; only a release makes a version live. */
export function AliasSheet({ project, one }: { project: string; one: Version }) {
  const [alias, setAlias] = useState("");
  const [reason, setReason] = useState("");
  const name = alias.trim();
  const has = one.aliases.includes(name);
  return (
    <Sheet
      capability="register"
      open="Alias"
      title={`Aliases of ${one.model} ${one.version}`}
      name={has ? `Take ${name} away` : name === "" ? "Set alias" : `Set ${name} to ${one.version}`}
      waits={name === "" ? "the name is missing" : name === "live" ? "live is set by a release only" : null}
      effect={
        <>
          {one.aliases.length === 0 ? "It has none." : `It has ${one.aliases.join(", ")}; naming one of them takes it away.`} An alias is a
          label without effect on traffic. If another version has it, it moves here.
        </>
      }
      act={() =>
        client.call("models.alias", {
          project,
          model: one.model,
          alias: name,
          version: has ? null : one.version,
          ...(reason.trim() !== "" && { reason: reason.trim() }),
        })
      }
      done={() => setAlias("")}
    >
      <label>
        <span className="second">Alias</span>
        <input className="field" value={alias} list="aliases" onChange={(event) => setAlias(event.target.value)} />
        <datalist id="aliases">
          {["candidate", "challenger", ...one.aliases].map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      <label>
        <span className="second">Reason, if there is one to note</span>
        <input className="field" value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Sheet>
  );
}
