import type { Output } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { Spark } from "../../parts/spark.tsx";

type Delivery = Output<"insights.loop">["delivery"];

/** How fast and how safely changes reach the people who use them. */
export const DeliveryCard = ({ delivery, days }: { delivery: Delivery; days: number }) => (
  <Card title="Delivery" note={`${days} days, from the record`} flush>
    <dl className="delivery">
      {delivery.map((one) => (
        <div key={one.id}>
          <dt className="muted">{one.label}</dt>
          <dd className="value">
            {one.value}
            <Spark values={one.line} />
          </dd>
          <dd className="muted small">
            {one.small}
            {one.change !== null && <span className={`change ${one.tone}`}>{one.change}</span>}
          </dd>
        </div>
      ))}
    </dl>
  </Card>
);
