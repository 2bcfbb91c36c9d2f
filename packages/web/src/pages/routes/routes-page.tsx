export { LaterPage as RoutesPage } from "../later-page.tsx";
