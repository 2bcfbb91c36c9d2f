export { LaterPage as RecordPage } from "../later-page.tsx";
