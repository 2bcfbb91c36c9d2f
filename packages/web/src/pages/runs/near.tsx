import { type ReactNode, startTransition, useEffect, useRef, useState } from "react";

const waiting = new Set<() => void>();
/** One at a time, each in a frame of its own: a page full of charts answers while it is made. */
function next(): void {
  const [first] = waiting;
  if (!first) return;
  waiting.delete(first);
  first();
  if (waiting.size > 0) requestAnimationFrame(() => setTimeout(next));
}
function inTurn(make: () => void): () => void {
  waiting.add(make);
  if (waiting.size === 1) requestAnimationFrame(() => setTimeout(next));
  return () => waiting.delete(make);
}

/** Makes its content once it comes near what is seen; until then it keeps its place. */
export function Near({ height, children }: { height: number; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || near) return;
    let leave: (() => void) | undefined;
    const watch = new IntersectionObserver(
      (seen) => {
        if (leave === undefined && seen.some((one) => one.isIntersecting)) leave = inTurn(() => startTransition(() => setNear(true)));
      },
      { rootMargin: "300px" },
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      leave?.();
    };
  }, [near]);
  return near ? <>{children}</> : <div ref={box} style={{ minHeight: height }} />;
}
