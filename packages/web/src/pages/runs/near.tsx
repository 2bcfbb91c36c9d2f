import { type ReactNode, useEffect, useRef, useState } from "react";

/** Makes its content once it comes near what is seen; until then it keeps its place. */
export function Near({ height, children }: { height: number; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || near) return;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && setNear(true), { rootMargin: "300px" });
    watch.observe(element);
    return () => watch.disconnect();
  }, [near]);
  return near ? <>{children}</> : <div ref={box} style={{ minHeight: height }} />;
}
