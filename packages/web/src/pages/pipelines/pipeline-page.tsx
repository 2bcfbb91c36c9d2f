export { LaterPage as PipelinePage } from "../later-page.tsx";
