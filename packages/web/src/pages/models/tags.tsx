import { Card } from "../../parts/layout.tsx";
import "./models.css";

/** What clients noted about it, names of MLflow's own left out. */
export function TagsCard({ tags }: { tags: Record<string, string> }) {
  const own = Object.entries(tags).filter(([name]) => !name.startsWith("mlflow."));
  if (own.length === 0) return null;
  return (
    <Card title="Tags" note={String(own.length)}>
      <dl className="pairs">
        {own.map(([name, value]) => (
          <div key={name}>
            <dt className="second">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
