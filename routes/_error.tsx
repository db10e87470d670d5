// A page that could not be shown.
import { HttpError } from "fresh";
import { ErrorPage } from "../components/ErrorPage.tsx";
import { AppError, ERRORS } from "../lib/core/errors.ts";
import { define } from "../lib/http/define.ts";

export default define.page(({ error, state }) => {
  if (error instanceof AppError) {
    return <ErrorPage title={ERRORS[error.code].title} detail={error.message} requestId={state.requestId} />;
  }
  const missing = error instanceof HttpError && error.status === 404;
  return missing
    ? <ErrorPage title="Not found" detail="There is nothing here, or it is not yours." />
    : <ErrorPage title={ERRORS.internal.title} detail="Try again in a moment." requestId={state.requestId} />;
});
