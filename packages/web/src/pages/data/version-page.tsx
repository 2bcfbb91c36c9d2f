export { LaterPage as VersionPage } from "../later-page.tsx";
