// The proof that answers outlive their processes: killed, frozen, drained and stopped, each answer counted to its end.
//   deno run -A bench/crash.ts                                            the short form, a minute
//   deno run -A bench/crash.ts --kills 100 --lease 10000 --freezes 100    the whole, under ten
// Ends with 1 when a token was lost or repeated, an answer did not complete, or a zombie wrote.
import { seeded } from "../tests/support/random.ts";
import type { Survived } from "../tests/support/outage.ts";
import { drained, frozen, killed } from "./crash/outages.ts";
import { drainedText, frozenText, stopTable, survivalTable } from "./crash/proof.ts";
import { stopped } from "./crash/stops.ts";

/** How often each is done; 0 leaves it out. */
export interface CrashPlan {
  kills: number;
  leaseMs: number;
  freezes: number;
  drains: number;
  stops: number;
}

/** A minute and a half, beside the rest of the bench. */
export const SHORT: CrashPlan = {
  kills: 10,
  leaseMs: 2_000,
  freezes: 20,
  drains: 4,
  stops: 50,
};
/** Each figure once or twice: a smoke of the bench itself. */
export const SMOKE: CrashPlan = { kills: 1, leaseMs: 1_000, freezes: 1, drains: 1, stops: 2 };

/** After the lease come the sweep, the answer anew, and ample room for a busy machine. */
const END_MS_AFTER_LEASE = 5_000;

export interface Proof {
  /** The figures, in Markdown. */
  text: string;
  /** Nothing was lost, repeated or written by a zombie. */
  sound: boolean;
}

export async function crash(plan: CrashPlan): Promise<Proof> {
  const random = seeded("outages");
  const texts: string[] = [];
  let sound = true;
  if (plan.kills > 0) {
    const results = await killed(plan.kills, plan.leaseMs, random);
    sound &&= results.every(isWhole);
    const target = plan.leaseMs + END_MS_AFTER_LEASE;
    texts.push(`${plan.kills} processes killed in mid-answer, LEASE_MS=${plan.leaseMs}:`);
    texts.push(survivalTable("SIGKILL", results, target));
  }
  if (plan.freezes > 0) {
    const woken = await frozen(plan.freezes, random);
    sound &&= woken.survived.every(isWhole) && woken.written === 0 && woken.asked === 0;
    texts.push(`${plan.freezes} answers whose process was frozen past their leases, LEASE_MS=1000:`);
    texts.push(frozenText(woken));
  }
  if (plan.drains > 0) {
    const result = await drained(plan.drains, random);
    sound &&= result.survived.every(isWhole);
    texts.push(`${plan.drains} processes drained by SIGTERM, five answers each:`, drainedText(result));
  }
  if (plan.stops > 0) texts.push("Stop across two processes:", stopTable(await stopped(plan.stops)));
  return { text: texts.join("\n\n"), sound };
}

function isWhole({ status, lost, repeated, amiss }: Survived): boolean {
  return status === "complete" && lost === 0 && repeated === 0 && amiss.length === 0;
}

/** The short form, with what the arguments change. */
function planFrom(args: readonly string[]): CrashPlan {
  const names: Record<string, keyof CrashPlan> = {
    "--kills": "kills",
    "--lease": "leaseMs",
    "--freezes": "freezes",
    "--drains": "drains",
    "--stops": "stops",
  };
  const plan = { ...SHORT };
  for (let i = 0; i < args.length; i += 2) {
    const name = names[args[i]!];
    const value = Number(args[i + 1]);
    if (name === undefined || !Number.isInteger(value) || value < 0) {
      throw new Error(`Use ${Object.keys(names).join(", ")}, each with a whole number, not "${args[i]}"`);
    }
    plan[name] = value;
  }
  return plan;
}

if (import.meta.main) {
  const { text, sound } = await crash(planFrom(Deno.args));
  console.log(text);
  Deno.exit(sound ? 0 : 1);
}
