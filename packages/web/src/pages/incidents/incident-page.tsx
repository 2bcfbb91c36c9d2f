export { LaterPage as IncidentPage } from "../later-page.tsx";
