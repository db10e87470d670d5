// What processes have used so far. Linux tells; elsewhere these figures are left out.

/** The kernel shows CPU time in ticks of this length on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system, of all threads of the processes and of their children; null without /proc. */
export function cpuSeconds(pids: readonly number[]): number | null {
  if (Deno.build.os !== "linux") return null;
  return withChildren(pids).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
}

/** CPU seconds of this process alone. */
export function ownCpuSeconds(): number | null {
  return Deno.build.os === "linux" ? cpuSecondsOf(Deno.pid) : null;
}

/** CPU seconds of everything on this machine; null where there is no /proc. */
export function machineCpuSeconds(): number | null {
  if (Deno.build.os !== "linux") return null;
  // cpu user nice system idle iowait irq softirq steal; the guests' are in user and nice already.
  const line = Deno.readTextFileSync("/proc/stat").split("\n", 1)[0]!;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.trim().split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid);
  // Fields 14 and 15, counted from the first.
  return fields === null ? 0 : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB, of the processes and their children; null where there is no /proc. */
export function residentMiB(pids: readonly number[]): number | null {
  if (Deno.build.os !== "linux") return null;
  return withChildren(pids).reduce((sum, pid) => {
    const match = /VmRSS:\s+(\d+) kB/.exec(readOrNull(`/proc/${pid}/status`) ?? "");
    return sum + (match === null ? 0 : Number(match[1]) / 1024);
  }, 0);
}

/** The processes and those that they have begun. */
export function withChildren(pids: readonly number[]): number[] {
  if (Deno.build.os !== "linux") return [...pids];
  const all = new Set(pids);
  // A Set visits what is added to it meanwhile, and no process twice.
  for (const pid of all) {
    for (const task of readDirOrNone(`/proc/${pid}/task`)) {
      const children = readOrNull(`/proc/${pid}/task/${task}/children`) ?? "";
      for (const child of children.split(" ")) if (child !== "") all.add(Number(child));
    }
  }
  return [...all];
}

/** The fields of /proc/<pid>/stat from the third on; the second, the name, may hold spaces. */
function statOf(pid: number): string[] | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Null for a process that has ended meanwhile. */
function readOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isGone(error)) return null;
    throw error;
  }
}

function readDirOrNone(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isGone(error)) return [];
    throw error;
  }
}

/** ESRCH: the process ended between the opening of its file and the reading. */
function isGone(error: unknown): boolean {
  return error instanceof Error && /No such process/.test(error.message);
}
