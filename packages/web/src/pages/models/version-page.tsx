export { LaterPage as ModelVersionPage } from "../later-page.tsx";
