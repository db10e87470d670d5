// What of a person's parameters a model takes. Pure: what it refuses is not sent to it, and what nobody knows is tried.
import type { Abilities } from "../protocol/model.ts";
import type { Params } from "../protocol/params.ts";

/** `params` as `abilities` and the model's longest answer allow. A member that would be refused is left out. */
export function accepted(params: Params, abilities: Abilities, outputTokensMax: number | null): Params {
  const kept: Params = {};
  const { temperature, effort, stop } = params;
  if (temperature !== undefined && abilities.temperature !== false) {
    kept.temperature = Math.min(temperature, abilities.temperatureMax ?? Infinity);
  }
  if (params.outputTokensMax !== undefined) {
    kept.outputTokensMax = Math.min(params.outputTokensMax, outputTokensMax ?? Infinity);
  }
  // Another effort in its place would cost what nobody asked for.
  if (effort !== undefined && (abilities.efforts === null || abilities.efforts.includes(effort))) {
    kept.effort = effort;
  }
  if (stop !== undefined && stop.length > 0 && abilities.stop !== false) kept.stop = [...stop];
  return kept;
}
