import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { client } from "../data/api.ts";
import { firstColumns, newestQuery, plainQuestion } from "../data/newest-runs.ts";
import { queries } from "../data/queries.ts";
import { Frame } from "./frame.tsx";
import { PageFailure } from "./page-failure.tsx";
import { latePage } from "./late-page.tsx";
import { fromMlflow } from "./mlflow-links.ts";
import { HomePage } from "../pages/home/home-page.tsx";

const root = createRootRoute({ component: Frame });
const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const old = await fromMlflow(location.hash);
    if (old !== undefined) throw redirect({ to: old as never, replace: true });
    const { projects } = await client.call("projects.list", {}).catch(() => ({ projects: [] }));
    const named = projects.find((one) => one.project !== "default") ?? projects[0];
    throw redirect({ to: named ? "/p/$project" : "/all", params: { project: named?.project ?? "" } });
  },
});
const all = createRoute({ getParentRoute: () => root, path: "/all", component: HomePage });
const home = createRoute({ getParentRoute: () => root, path: "/p/$project", component: HomePage });

type Loader = (at: { params: object; location: { searchStr: string } }) => void;
/** The table of runs is asked for while the code of its page comes. */
const runsLoader: Loader = ({ params, location }) => {
  const { project = "", experiment } = params as { project?: string; experiment?: string };
  const isPlain = !/[?&](q|kind|state|nest|sort|cols)=/.test(location.searchStr) && (experiment === undefined || /^\d+$/.test(experiment));
  if (isPlain) void queries.prefetchQuery(newestQuery(plainQuestion(project, experiment), firstColumns));
};

const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string, loader: Loader = () => undefined) =>
  createRoute({ getParentRoute: () => root, path, component: latePage(load, name), loader });

const pages = [
  page("/p/$project/data", () => import("../pages/data/data-page.tsx"), "DataPage"),
  page("/p/$project/data/$dataset", () => import("../pages/data/dataset-page.tsx"), "DatasetPage"),
  page("/p/$project/data/$dataset/$version", () => import("../pages/data/version-page.tsx"), "VersionPage"),
  page("/p/$project/pipelines", () => import("../pages/pipelines/pipeline-page.tsx"), "PipelinePage"),
  page("/p/$project/pipelines/$run", () => import("../pages/pipelines/pipeline-page.tsx"), "PipelinePage"),
  page("/p/$project/experiments", () => import("../pages/runs/experiments-page.tsx"), "ExperimentsPage"),
  page("/p/$project/experiments/$experiment", () => import("../pages/runs/runs-page.tsx"), "RunsPage", runsLoader),
  page("/p/$project/runs", () => import("../pages/runs/runs-page.tsx"), "RunsPage", runsLoader),
  page("/p/$project/runs/$run/{-$tab}", () => import("../pages/runs/run-page.tsx"), "RunPage"),
  page("/p/$project/compare", () => import("../pages/runs/compare-page.tsx"), "ComparePage"),
  page("/p/$project/checks", () => import("../pages/checks/checks-page.tsx"), "ChecksPage"),
  page("/p/$project/checks/$suite", () => import("../pages/checks/checks-page.tsx"), "ChecksPage"),
  page("/p/$project/models", () => import("../pages/models/models-page.tsx"), "ModelsPage"),
  page("/p/$project/models/$model", () => import("../pages/models/model-page.tsx"), "ModelPage"),
  page("/p/$project/models/$model/$version/{-$tab}", () => import("../pages/models/version-page.tsx"), "ModelVersionPage"),
  page("/p/$project/reviews", () => import("../pages/models/reviews-page.tsx"), "ReviewsPage"),
  page("/p/$project/releases", () => import("../pages/releases/releases-page.tsx"), "ReleasesPage"),
  page("/p/$project/releases/$release", () => import("../pages/releases/release-page.tsx"), "ReleasePage"),
  page("/p/$project/routes", () => import("../pages/routes/routes-page.tsx"), "RoutesPage"),
  page("/p/$project/routes/$route", () => import("../pages/routes/routes-page.tsx"), "RoutesPage"),
  page("/p/$project/routes/$route/play", () => import("../pages/routes/play-page.tsx"), "PlayPage"),
  page("/p/$project/monitors", () => import("../pages/monitors/monitors-page.tsx"), "MonitorsPage"),
  page("/p/$project/monitors/$monitor", () => import("../pages/monitors/monitor-page.tsx"), "MonitorPage"),
  page("/p/$project/monitors/$monitor/columns/$column", () => import("../pages/monitors/column-page.tsx"), "ColumnPage"),
  page("/p/$project/incidents", () => import("../pages/incidents/incidents-page.tsx"), "IncidentsPage"),
  page("/p/$project/incidents/$incident", () => import("../pages/incidents/incident-page.tsx"), "IncidentPage"),
  page("/p/$project/record/{-$entry}", () => import("../pages/record/record-page.tsx"), "RecordPage"),
  page("/all/$", () => import("../pages/all-page.tsx"), "AllPage"),
  page("/p/$project/$later", () => import("../pages/later-page.tsx"), "LaterPage"),
];

export const router = createRouter({
  routeTree: root.addChildren([start, all, home, ...pages]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: PageFailure,
});
declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
