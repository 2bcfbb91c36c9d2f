export { LaterPage as DataPage } from "../later-page.tsx";
