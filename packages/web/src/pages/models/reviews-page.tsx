export { LaterPage as ReviewsPage } from "../later-page.tsx";
