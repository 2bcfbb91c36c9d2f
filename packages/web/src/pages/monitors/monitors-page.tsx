export { LaterPage as MonitorsPage } from "../later-page.tsx";
