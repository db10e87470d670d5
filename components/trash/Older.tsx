// The end of a list that goes on: what comes next is loaded before somebody gets here, and the button says how that goes.
import { Component, createRef } from "preact";

interface Props {
  loading: boolean;
  /** Why it could not be loaded. */
  failure: string | null;
  load(): void;
}

/** How far beyond what is seen. */
const AHEAD = "400px 0px";

export class Older extends Component<Props> {
  readonly #end = createRef<HTMLDivElement>();
  #observer: IntersectionObserver | null = null;
  #near = false;

  override componentDidMount(): void {
    const end = this.#end.current!;
    const told = ([entry]: IntersectionObserverEntry[]) => {
      this.#near = entry!.isIntersecting;
      this.#ahead();
    };
    this.#observer = new IntersectionObserver(told, { root: end.parentElement, rootMargin: AHEAD });
    this.#observer.observe(end);
  }

  /** A page may be shorter than the screen. */
  override componentDidUpdate(before: Props): void {
    if (before.loading && !this.props.loading) this.#ahead();
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect();
  }

  #ahead(): void {
    // What has failed waits for a person.
    if (this.#near && !this.props.loading && this.props.failure === null) this.props.load();
  }

  override render({ loading, failure, load }: Props) {
    return (
      <div class="older" ref={this.#end}>
        {failure !== null && <p class="note danger" role="alert">Older ones could not be loaded. {failure}
        </p>}
        <button type="button" class="more" data-action="more-kept" disabled={loading} onClick={load}>
          {loading ? "Loading…" : failure === null ? "Older ones" : "Try again"}
        </button>
      </div>
    );
  }
}
