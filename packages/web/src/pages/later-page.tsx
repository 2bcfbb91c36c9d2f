import { Empty, PageHead } from "../parts/layout.tsx";

export const LaterPage = () => (
  <>
    <PageHead title="There is no such page" />
    <Empty title="Nothing is at this address.">The places at the left are what there is.</Empty>
  </>
);
