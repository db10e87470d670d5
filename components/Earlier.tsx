// At the top of a long conversation: what comes before is loaded when the reader comes near, or asks for it.
import { Component, createRef } from "preact";
import type { Id } from "../lib/core/ids.ts";

export interface EarlierProps {
  /** The first message that is here. */
  first: Id;
  /** @throws ClientError */
  load(): Promise<void>;
  /** What is here was kept by the browser, which has no more of it. */
  offline: boolean;
}

/** So far above the reader it is loaded: a turn of the wheel later it is there. */
const NEAR_PX = 800;

export class Earlier extends Component<EarlierProps, { is: "idle" | "loading" | "failed" }> {
  override state: { is: "idle" | "loading" | "failed" } = { is: "idle" };
  readonly #button = createRef<HTMLButtonElement>();
  #observer: IntersectionObserver | null = null;

  override componentDidMount(): void {
    this.#observer = new IntersectionObserver(
      (seen) => seen.at(-1)?.isIntersecting === true && this.state.is === "idle" && void this.#load(),
      { root: this.#button.current?.closest(".log"), rootMargin: `${NEAR_PX}px 0px` },
    );
    this.#look();
  }

  override componentDidUpdate(before: EarlierProps): void {
    // The network is back: whoever reads near the top has waited for it.
    if (before.offline && !this.props.offline) this.setState({ is: "idle" }, () => this.#look());
    else if (before.first !== this.props.first) this.#look();
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect();
    // Whoever loaded the last page by the keyboard reads on from its beginning.
    const button = this.#button.current;
    if (button === document.activeElement) {
      button?.closest<HTMLElement>(".log")?.focus({ preventScroll: true });
    }
  }

  /** An observer tells of changes alone; where a page was short, the next is wanted at once. */
  #look(): void {
    const button = this.#button.current;
    if (button === null || this.#observer === null) return;
    this.#observer.unobserve(button);
    this.#observer.observe(button);
  }

  async #load(): Promise<void> {
    if (this.state.is === "loading" || this.props.offline) return;
    this.setState({ is: "loading" });
    try {
      await this.props.load();
      this.setState({ is: "idle" });
    } catch {
      this.setState({ is: "failed" }); // it says so, and a press tries again
    }
  }

  override render() {
    const { is } = this.state;
    const { offline } = this.props;
    return (
      <button
        ref={this.#button}
        type="button"
        data-action="earlier"
        data-is={offline ? "offline" : is}
        aria-disabled={offline || is === "loading"}
        onClick={() => void this.#load()}
      >
        {offline
          ? "Earlier messages are not in this browser. They come when the network is back"
          : is === "loading"
          ? "Loading earlier messages…"
          : is === "failed"
          ? "Earlier messages could not be loaded. Try again"
          : "Earlier messages"}
      </button>
    );
  }
}
