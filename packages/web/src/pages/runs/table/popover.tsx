import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { isPageKey } from "../../../parts/own-key.ts";

/** A button and what it opens below it; Escape and a click elsewhere close it, and the button has the focus again. */
export function Popover({
  label,
  title,
  wide = false,
  keyName,
  children,
}: {
  label: ReactNode;
  title: string;
  wide?: boolean;
  /** A letter that opens it from anywhere on the page. */ keyName?: string;
  children: (close: () => void) => ReactNode;
}) {
  const id = useId();
  const box = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const away = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    window.addEventListener("pointerdown", away);
    const inside = (what: string): HTMLElement | null | undefined => box.current?.querySelector<HTMLElement>(`.popover ${what}`);
    (inside("input:not([type=checkbox], [type=number])") ?? inside(":is(button, a, input)"))?.focus();
    return () => window.removeEventListener("pointerdown", away);
  }, [open]);
  useEffect(() => {
    if (keyName === undefined) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== keyName || !isPageKey(event)) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [keyName]);
  return (
    <span
      className="popover-place"
      ref={box}
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <button type="button" className="button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {label}
      </button>
      {open && (
        <div id={id} className={wide ? "popover wide" : "popover"} role="group" aria-label={title}>
          {children(close)}
        </div>
      )}
    </span>
  );
}
