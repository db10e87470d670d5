// A response that its provider stores, and that nobody comes back for: it would be written on, and cost (P6).
import { causes } from "../core/errors.ts";
import { modelOf, type RunningJob } from "../jobs/job.ts";
import type { Provider } from "../models/provider.ts";
import type { Logger } from "../observe/log.ts";

export interface AbandonDeps {
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider }>;
  logger: Logger;
}

/** Has the provider of `job` stop what it stores, if it stores anything. Never throws. */
export async function abandon({ resolve, logger }: AbandonDeps, job: RunningJob): Promise<void> {
  const { id, checkpoint } = job;
  if (checkpoint === undefined) return;
  try {
    const { provider } = await resolve(modelOf(job));
    await provider.abandon?.(checkpoint.at);
  } catch (error) {
    logger.log("warn", "abandon_failed", { generationId: id, cause: causes(error) });
  }
}
