// What a person has here, in their own hands: taken out, thrown away, looked at.
import { useEffect, useRef, useState } from "preact/hooks";
import { ClientError } from "../../lib/client/api.ts";
import { count } from "../../lib/client/figures.ts";
import type { RemovedAll } from "../../lib/protocol/api.ts";
import { ErrorNote } from "../ErrorNote.tsx";

interface Props {
  /** Some of all conversations into the trash. @throws ClientError */
  removeSome(): Promise<RemovedAll>;
  /** Shows what was used. */
  usage(): void;
  /** For screen readers. */
  say(status: string): void;
}

type Step =
  | { state: "none" }
  | { state: "asked" }
  | { state: "removing"; removed: number }
  | { state: "done"; removed: number }
  | { state: "failed"; error: ClientError };

export function DataView({ removeSome, usage, say }: Props) {
  return (
    <div class="scroll choices-page">
      <section class="preference">
        <div>
          <h3>Export</h3>
          <p class="note">
            All conversations with their branches and settings, what is in the trash, what was used, and your
            preferences, as one JSON file.
          </p>
        </div>
        <p class="row">
          <a class="button" href="/api/export" download data-action="export">Export everything</a>
        </p>
      </section>
      <DeleteAll removeSome={removeSome} say={say} />
      <section class="preference">
        <div>
          <h3>Usage</h3>
          <p class="note">Tokens and cost of the last 30 days.</p>
        </div>
        <p class="row">
          <button type="button" data-action="show-usage" onClick={usage}>Show usage</button>
        </p>
      </section>
      <section>
        <h3>Keys and sign-in</h3>
        <p class="note">
          Keys of model providers belong to whoever runs this server, and never reach a browser. There is no
          account: this browser's cookie is what makes the conversations yours. A program of your own gets its
          token from <code>POST /api/session</code>.
        </p>
      </section>
    </div>
  );
}

function DeleteAll({ removeSome, say }: Pick<Props, "removeSome" | "say">) {
  const [step, setStep] = useState<Step>({ state: "none" });
  const place = useRef<HTMLDivElement>(null);
  const gone = useRef(false);
  // The button that was pressed is replaced: the focus goes to what replaces it.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) place.current?.querySelector<HTMLElement>("[data-focus]")?.focus();
    first.current = false;
  }, [step.state]);
  useEffect(() => () => void (gone.current = true), []);

  const remove = async () => {
    let removed = 0;
    setStep({ state: "removing", removed });
    try {
      for (let left = true; left && !gone.current;) {
        const some = await removeSome();
        removed += some.removed;
        // None went, and some are left: somebody makes them as fast as they go.
        left = some.left && some.removed > 0;
        setStep({ state: "removing", removed });
      }
      setStep({ state: "done", removed });
      say(`${count(removed)} conversations are in the trash.`);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      setStep({ state: "failed", error });
    }
  };
  return (
    <section class="preference">
      <div>
        <h3>Delete all conversations</h3>
        <p class="note">They go to the trash, from where they can be restored for 30 days.</p>
      </div>
      <div ref={place} class="row">
        {step.state === "asked" && (
          <>
            <button type="button" data-action="delete-all-sure" class="danger" onClick={() => void remove()}>
              Yes, delete all
            </button>
            <button type="button" data-focus onClick={() => setStep({ state: "none" })}>Cancel</button>
          </>
        )}
        {step.state === "removing" && (
          <p class="note" tabIndex={-1} data-focus>{`Deleting… ${count(step.removed)} so far`}</p>
        )}
        {(step.state === "none" || step.state === "done" || step.state === "failed") && (
          <button
            type="button"
            data-focus
            data-action="delete-all"
            onClick={() => setStep({ state: "asked" })}
          >
            Delete all…
          </button>
        )}
        {step.state === "done" && (
          <p class="note" data-removed={step.removed}>
            {`${count(step.removed)} conversations are in the trash.`}
          </p>
        )}
      </div>
      {step.state === "failed" && <ErrorNote failure={step.error} />}
    </section>
  );
}
