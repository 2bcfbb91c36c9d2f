export { LaterPage as ReleasePage } from "../later-page.tsx";
