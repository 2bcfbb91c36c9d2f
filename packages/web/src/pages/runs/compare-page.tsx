export { LaterPage as ComparePage } from "../later-page.tsx";
