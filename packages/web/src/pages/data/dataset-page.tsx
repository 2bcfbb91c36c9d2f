export { LaterPage as DatasetPage } from "../later-page.tsx";
