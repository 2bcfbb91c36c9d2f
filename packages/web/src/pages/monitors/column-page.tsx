export { LaterPage as ColumnPage } from "../later-page.tsx";
