export { LaterPage as RunPage } from "../later-page.tsx";
