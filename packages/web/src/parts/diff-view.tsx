import { useState } from "react";
import { type DiffFile, type DiffLine, filesOfDiff } from "./diff-lines.ts";
import { count } from "./format.tsx";
import "./diff-view.css";

const shownAtOnce = 400;
const sign: Record<DiffLine["kind"], string> = { same: " ", added: "+", removed: "−", hunk: "", note: "" };
const said: Partial<Record<DiffLine["kind"], string>> = { added: "added", removed: "removed" };

/** A difference of files, each folded or open; the sign says what a line is, colour only helps. */
export function DiffView({ text }: { text: string }) {
  const files = filesOfDiff(text);
  return (
    <div className="diff">
      {files.map((file, i) => (
        <One key={`${file.path} ${i}`} file={file} open={files.length <= 8 && file.lines.length < 2 * shownAtOnce} />
      ))}
    </div>
  );
}

function One({ file, open: first }: { file: DiffFile; open: boolean }) {
  const [open, setOpen] = useState(first);
  const [shown, setShown] = useState(shownAtOnce);
  return (
    <section>
      <button type="button" className="diff-file" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden>{open ? "⌄" : "›"}</span>
        <code>{file.path === "" ? "the difference" : file.was === null ? file.path : `${file.was} → ${file.path}`}</code>
        <span className="diff-counts">
          <span className="added">+{count(file.added)}</span> <span className="removed">−{count(file.removed)}</span>
        </span>
      </button>
      {open && file.lines.length > 0 && (
        <div className="diff-lines" tabIndex={0} role="group" aria-label={`Difference of ${file.path}`}>
          <table>
            <tbody>
              {file.lines.slice(0, shown).map((line, i) => (
                <tr key={i} className={line.kind}>
                  <td className="at">{line.before ?? ""}</td>
                  <td className="at">{line.after ?? ""}</td>
                  <td className="sign">
                    <span aria-hidden>{sign[line.kind]}</span>
                    {said[line.kind] !== undefined && <span className="visually-hidden">{said[line.kind]}</span>}
                  </td>
                  <td className="text">{line.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {file.lines.length > shown && (
            <button type="button" className="text-button" onClick={() => setShown(shown + 10 * shownAtOnce)}>
              {count(file.lines.length - shown)} more lines
            </button>
          )}
        </div>
      )}
    </section>
  );
}
