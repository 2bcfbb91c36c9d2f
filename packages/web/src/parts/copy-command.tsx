import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";

/** A command to be typed elsewhere, with a button that copies it. */
export function CopyCommand({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="copy-command">
      <pre tabIndex={0} aria-label={`Command: ${command}`}>
        <code>{command}</code>
      </pre>
      <button
        type="button"
        className="icon-button"
        aria-label={copied ? "copied" : "Copy"}
        title="Copy"
        onClick={() => void navigator.clipboard.writeText(command).then(() => setCopied(true))}
      >
        {copied ? <IconCheck size={15} stroke={1.75} /> : <IconCopy size={15} stroke={1.75} />}
      </button>
    </div>
  );
}
