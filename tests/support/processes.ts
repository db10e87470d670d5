// Processes that are not our children: found through /proc, ended by id.

/** The kernel ends a killed process within milliseconds, and the app promises to end within this when it is asked. */
const EXIT_MS_MAX = 5_000;

/** Ids of all processes below `pid`. Empty where there is no /proc: there the children follow their parent unwatched. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const id of processIds()) {
    const parent = parentOf(id);
    if (parent !== null) children.set(parent, [...children.get(parent) ?? [], id]);
  }
  const found: number[] = [];
  for (const queue = [pid]; queue.length > 0;) {
    const below = children.get(queue.pop()!) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

function processIds(): number[] {
  try {
    return Array.from(Deno.readDirSync("/proc"), (entry) => Number(entry.name)).filter(Number.isInteger);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The parent of a process, or null when it is gone. Field 4 of `stat`, after a name that may hold spaces. */
function parentOf(pid: number): number | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : Number(parent);
  } catch {
    return null; // It ended between the listing and the reading, which is all we wanted to know.
  }
}

/** Kills what is left of `pids` and resolves when all are gone. */
export async function allGone(pids: number[]): Promise<void> {
  await gone(pids, killAll);
}

/** Resolves when `pids` have ended by themselves; they have five seconds. */
export async function goneByThemselves(pids: number[]): Promise<void> {
  await gone(pids, () => {});
}

async function gone(pids: number[], end: (pids: number[]) => void): Promise<void> {
  const deadline = Date.now() + EXIT_MS_MAX;
  for (let left = pids.filter(isAlive); left.length > 0; left = left.filter(isAlive)) {
    if (Date.now() > deadline) throw new Error(`Processes ${left.join(", ")} are still there`);
    end(left);
    // There is no event for the end of a process that is not our child.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** True while the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  return parentOf(pid) !== null;
}

function killAll(pids: number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // NotFound: it is gone already.
    }
  }
}
