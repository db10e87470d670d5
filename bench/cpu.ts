// What a process has used so far.

/** The kernel counts CPU time in ticks of this length on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process, user and system, all threads; null where there is no /proc. */
export function cpuSeconds(pid: number): number | null {
  if (Deno.build.os !== "linux") return null;
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // Fields 14 and 15, counted after the name, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB, or null where there is no /proc. */
export function residentMiB(pid: number): number | null {
  if (Deno.build.os !== "linux") return null;
  const match = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return match === null ? null : Number(match[1]) / 1024;
}
