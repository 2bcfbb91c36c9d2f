import { Empty } from "../parts/layout.tsx";

export const LaterPage = () => <Empty title="There is no such page here.">The places at the left are what there is.</Empty>;
