// Asks whether all messages of a conversation are to go: they cannot be had back.
import { Component, createRef } from "preact";
import type { ChangeSaid } from "../lib/client/answers.ts";
import type { ClientError } from "../lib/client/api.ts";
import { Dialog } from "./Dialog.tsx";
import { ErrorNote } from "./ErrorNote.tsx";

interface Props {
  title: string;
  revise(act: ChangeSaid): Promise<void>;
  closed(): void;
}

export class ClearDialog extends Component<Props, { clearing: boolean; failure: ClientError | null }> {
  override state = { clearing: false, failure: null as ClientError | null };
  readonly #keep = createRef<HTMLButtonElement>();

  override componentDidMount(): void {
    // What is pressed by mistake changes nothing.
    this.#keep.current?.focus();
  }

  async #clear(close: () => void): Promise<void> {
    this.setState({ clearing: true, failure: null });
    await this.props.revise(async (revisions) => {
      const failure = await revisions.clear();
      if (failure === null) close();
      else this.setState({ failure });
    });
    this.setState({ clearing: false });
  }

  override render({ title, closed }: Props, { clearing, failure }: typeof this.state) {
    return (
      <Dialog class="dialog confirm" label="Clear this conversation" closed={closed}>
        {(close) => (
          <div class="confirming">
            <h2>Clear “{title || "New chat"}”?</h2>
            <p>
              All its messages go, here and on every device, and cannot be had back. The conversation stays,
              with its title and its settings.
            </p>
            {failure !== null && <ErrorNote failure={failure} />}
            <div class="row">
              <button ref={this.#keep} type="button" onClick={close}>Keep them</button>
              <button
                type="button"
                class="danger"
                data-action="clear-now"
                disabled={clearing}
                onClick={() => void this.#clear(close)}
              >
                {clearing ? "Clearing…" : "Clear"}
              </button>
            </div>
          </div>
        )}
      </Dialog>
    );
  }
}
