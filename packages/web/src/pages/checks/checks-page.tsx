export { LaterPage as ChecksPage } from "../later-page.tsx";
