export { LaterPage as ExperimentsPage } from "../later-page.tsx";
