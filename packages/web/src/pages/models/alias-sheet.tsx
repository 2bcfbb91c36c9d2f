import { useId, useState } from "react";
import { client } from "../../data/api.ts";
import { Sheet } from "../../parts/sheet.tsx";

/** Labels move at once and move no traffic; only a release makes a version live. */
export function AliasSheet({
  project,
  model,
  version,
  aliases,
  open = "Alias",
  className = "button",
}: {
  project: string;
  model: string;
  version: string;
  aliases: readonly string[];
  open?: string;
  className?: string;
}) {
  const id = useId();
  const [alias, setAlias] = useState("");
  const [reason, setReason] = useState("");
  const name = alias.trim();
  const has = aliases.includes(name);
  return (
    <Sheet
      capability="register"
      open={open}
      className={className}
      title={`Aliases of ${model} ${version}`}
      name={has ? `Take ${name} away` : name === "" ? "Set alias" : `Set ${name} to ${version}`}
      waits={name === "" ? "the name is missing" : name === "live" ? "live is set by a release only" : null}
      effect={
        <>
          {aliases.length === 0 ? "It has none." : `It has ${aliases.join(", ")}; naming one of them takes it away.`} An alias is a label
          without effect on traffic. If another version has it, it moves here.
        </>
      }
      act={() =>
        client.call("models.alias", {
          project,
          model,
          alias: name,
          version: has ? null : version,
          ...(reason.trim() !== "" && { reason: reason.trim() }),
        })
      }
      done={() => setAlias("")}
    >
      <label>
        <span className="second">Alias</span>
        <input className="field" value={alias} list={id} onChange={(event) => setAlias(event.target.value)} />
        <datalist id={id}>
          {["candidate", "challenger", ...aliases].map((each) => (
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
