export { LaterPage as ModelsPage } from "../later-page.tsx";
