// The short form of the proof that answers outlive their processes; the whole is `bench/crash.ts`.
import type { Bench, Section } from "../bench.ts";
import { crash, SHORT, SMOKE } from "../crash.ts";

export async function crashProof({ options, progress }: Bench): Promise<Section> {
  progress("processes killed, frozen and drained");
  const { text, sound } = await crash(options.quick ? SMOKE : SHORT);
  return { title: "Answers outlive their processes", text, broken: !sound };
}
