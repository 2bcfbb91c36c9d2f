import type { Json } from "../base/foundation/canonical-json.ts";
import { toTime } from "../base/foundation/clock.ts";
import type { Jobs, JobHandler } from "../base/storage/jobs.ts";
import type { Store } from "../base/record/store.ts";
import type { HostRecorder } from "../base/record/recorder.ts";
import type { AccessService } from "../base/access/service.ts";
import type { ProjectFile } from "../build/pipeline/config/project-file.ts";
import { nextTime } from "../build/pipeline/schedule.ts";

export type SchedulesDeps = {
  store: Store & { readonly recorder: HostRecorder };
  jobs: Jobs;
  access: AccessService;
  project: string;
  projectFile(): Promise<ProjectFile>;
  /** Does a trigger's work. */
  run: JobHandler;
};

const kind = "trigger.scheduled";
const lookEveryMs = 30_000;

type Payload = { trigger: string; schedule: string; zone: string | null; dueAt: string };

/**
 * Triggers with a schedule: the next time of each is a job, kept in the store, so that a time that passed while nobody was there is made up, once.
 * What capstan.yaml no longer says when the time has come is not done.
 */
export function createSchedules({ store, jobs, access, project, projectFile, run }: SchedulesDeps) {
  let timer: NodeJS.Timeout | undefined;
  const declared = async () =>
    Object.entries((await projectFile()).config.triggers ?? {}).flatMap(([trigger, { when, set }]) =>
      "schedule" in when ? [{ trigger, schedule: when.schedule, zone: when.zone, set: set ?? {} }] : [],
    );

  /** Makes the job of each schedule's next time; the key says which it is, so that any number of processes may ask. */
  const plan = async (): Promise<void> => {
    const nowMs = store.clock.nowMs();
    const waiting = await jobs.waiting(project, kind);
    for (const { trigger, schedule, zone } of await declared()) {
      const same = (payload: Payload): boolean =>
        payload.trigger === trigger && payload.schedule === schedule && payload.zone === (zone ?? null);
      if (waiting.some((job) => same(job.payload as Payload))) continue;
      const dueMs = nextTime(schedule, zone, nowMs);
      if (dueMs === null) continue;
      const payload: Payload = { trigger, schedule, zone: zone ?? null, dueAt: toTime(dueMs) };
      await store.database.commit([
        jobs.enqueue({ project, kind, payload: payload as Json, dueMs, key: `${kind}:${project}:${trigger}:${dueMs}` }),
      ]);
    }
  };

  jobs.register(kind, async (job, signal) => {
    const { trigger, schedule, zone, dueAt } = job.payload as Payload;
    const now = (await declared()).find((one) => one.trigger === trigger && one.schedule === schedule && (one.zone ?? null) === zone);
    if (!now) return { trigger, skipped: "capstan.yaml does not say so any more" };
    const entryId = store.recorder.newEntryId();
    await store.recorder.commit(
      [],
      [
        {
          id: entryId,
          action: "trigger.fired",
          subject: { type: "trigger", id: trigger },
          project,
          actor: access.system("pipeline", undefined).actor,
          payload: { schedule, zone, dueAt, attempt: job.attempts },
        },
      ],
    );
    const set = Object.entries(now.set).map(([param, value]) => `${param}=${String(value).replace(/\$\{event\.time\}/g, dueAt)}`);
    try {
      return await run({ ...job, because: entryId, payload: { trigger, cause: `its time ${dueAt}`, set } }, signal);
    } finally {
      await plan();
    }
  });

  const look = (): void => void plan().catch((error: unknown) => store.log.error("schedules", { error: String(error) }));
  return {
    start(): void {
      look();
      timer = setInterval(look, lookEveryMs);
      timer.unref();
    },
    stop: (): void => clearInterval(timer),
  };
}
