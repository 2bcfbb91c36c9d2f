export { LaterPage as IncidentsPage } from "../later-page.tsx";
