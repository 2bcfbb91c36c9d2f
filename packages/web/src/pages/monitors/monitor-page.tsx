export { LaterPage as MonitorPage } from "../later-page.tsx";
