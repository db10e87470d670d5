// Under a form of settings: what keeps it from being saved, that it is not saved yet, and the buttons.
import { ErrorNote, type Failure } from "../ErrorNote.tsx";

interface Props {
  /** Names its buttons: `save-settings`. */
  what: string;
  changed: boolean;
  valid: boolean;
  saving: boolean;
  failure: Failure | null;
  /** Said while there are changes. */
  unsaved: string;
  discard(): void;
}

export function SaveBar({ what, changed, valid, saving, failure, unsaved, discard }: Props) {
  return (
    <footer>
      {failure !== null && <ErrorNote failure={failure} />}
      <p class="note" role="status">{changed ? unsaved : ""}</p>
      <div class="row">
        <button
          type="submit"
          class="primary"
          data-action={`save-${what}`}
          disabled={saving || !changed || !valid}
        >
          {saving ? "Saving…" : "Save"}
        </button>
        <button type="button" data-action={`discard-${what}`} disabled={saving || !changed} onClick={discard}>
          Discard changes
        </button>
      </div>
    </footer>
  );
}
