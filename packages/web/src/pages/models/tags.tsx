import { Card } from "../../parts/layout.tsx";
import { Pairs } from "../../parts/pairs.tsx";

/** What clients noted about it, names of MLflow's own left out. */
export function TagsCard({ tags }: { tags: Record<string, string> }) {
  const own = Object.entries(tags).filter(([name]) => !name.startsWith("mlflow."));
  if (own.length === 0) return null;
  return (
    <Card title="Tags" note={String(own.length)}>
      <Pairs pairs={own.map(([name, value]) => ({ name, value }))} />
    </Card>
  );
}
