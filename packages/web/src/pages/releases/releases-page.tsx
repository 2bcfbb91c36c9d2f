export { LaterPage as ReleasesPage } from "../later-page.tsx";
