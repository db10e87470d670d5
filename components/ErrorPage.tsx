// A whole page that says what went wrong. It needs no script.
import { ErrorNote } from "./ErrorNote.tsx";

export function ErrorPage(props: { title: string; detail: string; requestId?: string }) {
  return (
    <main class="error-page">
      <h1>{props.title}</h1>
      <ErrorNote failure={props} />
      <p>
        <a href="/">Back to Throughline</a>
      </p>
    </main>
  );
}
