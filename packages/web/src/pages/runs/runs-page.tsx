export { LaterPage as RunsPage } from "../later-page.tsx";
