// Freezing a process by SIGSTOP, without freezing what it shares with the others.
//   Z1  A process that is stopped within a commit keeps SQLite's write lock, and nobody else can write until it wakes:
//       a property of the file that no program on it can help. Here a process is stopped between two commits.

/** Two commits in five were hit with twenty answers under way; fifty in a row are not luck. */
const TRIES_MAX = 50;
/** The kernel stops a thread within milliseconds. */
const STOP_MS_MAX = 5_000;

/** Stops a process. Where there is no /proc nobody can see what it holds, and it is stopped as it is. */
export async function stop(pid: number): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    Deno.kill(pid, "SIGSTOP");
    if (Deno.build.os !== "linux") return;
    await stopped(pid);
    if (!holdsWriteLock(pid)) return;
    Deno.kill(pid, "SIGCONT");
    // It commits on; there is no event for the moment between two.
    await pause(1 + tries);
  }
  throw new Error(`Process ${pid} was within a commit ${TRIES_MAX} times`);
}

/** Resolves when every thread of a process stands still: the signal is delivered to one after another. */
async function stopped(pid: number): Promise<void> {
  const giveUpAt = performance.now() + STOP_MS_MAX;
  while (
    !Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => state(pid, name)).every(isStopped)
  ) {
    if (performance.now() > giveUpAt) throw new Error(`Process ${pid} does not stop`);
    await pause(1); // there is no event for this either
  }
}

/** A thread's state, which stands behind its name; the name may hold spaces. */
function state(pid: number, thread: string): string {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "X"; // it ended since it was listed
    throw error;
  }
}

function isStopped(state: string): boolean {
  return state === "T" || state === "X";
}

/** Lines such as `1: POSIX  ADVISORY  WRITE 4711 08:01:131090 120 120`; a lock that is waited for begins with `->`. */
function holdsWriteLock(pid: number): boolean {
  return Deno.readTextFileSync("/proc/locks").split("\n").some((line) => {
    const [, kind, , access, owner] = line.trim().split(/\s+/);
    return kind !== "->" && access === "WRITE" && Number(owner) === pid;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
