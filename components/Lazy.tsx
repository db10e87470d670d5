// A part of the page that is loaded when it is first wanted: most visits never want it.
import { Component, type ComponentType } from "preact";

interface Props<P> {
  load: () => Promise<ComponentType<P>>;
  /** What the part is given. */
  with: P;
  /** It could not be loaded: the network is gone, or the server has another build by now. */
  failed(): void;
}

export class Lazy<P extends object> extends Component<Props<P>, { Part: ComponentType<P> | null }> {
  override state: { Part: ComponentType<P> | null } = { Part: null };
  #gone = false;

  override componentDidMount(): void {
    this.props.load().then(
      (Part) => this.#gone || this.setState({ Part }),
      () => this.#gone || this.props.failed(),
    );
  }

  override componentWillUnmount(): void {
    this.#gone = true;
  }

  override render() {
    const { Part } = this.state;
    return Part === null ? null : <Part {...this.props.with} />;
  }
}

/** Begins to load a part that is likely wanted soon. Whether that works is seen when it is. */
export function prepare(load: () => Promise<unknown>): void {
  load().catch(() => {}); // whoever wants the part loads it again, and is told
}
