import { useEffect, useRef } from "react";
import { places } from "./places.ts";

const anywhere: readonly [string, string][] = [
  ["⌘ K", "search, jump or run a command"],
  ["/", "focus the filter of the page"],
  ["?", "this sheet"],
  ["\\", "fold or unfold the side bar"],
  ["J K ↵", "move in a list, open"],
  ["Esc", "close what lies on top"],
];

/** What each key does. */
export function KeySheet({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby="keys-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div className="sheet-body">
        <h2 id="keys-title">Keys</h2>
        <div className="grid halves">
          <dl>
            {anywhere.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <dl>
            {places.map((place) => (
              <div key={place.name}>
                <dt>
                  <kbd>G</kbd> <kbd>{place.key.toUpperCase()}</kbd>
                </dt>
                <dd>{place.name}</dd>
              </div>
            ))}
          </dl>
        </div>
        <p className="muted">Letters never act while a field has the focus.</p>
        <div className="right">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  );
}
