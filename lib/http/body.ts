// Request bodies: read under a byte limit before they are parsed, parsed before they are believed.
import type { ZodType } from "zod";
import { AppError } from "../core/errors.ts";
import { BODY_BYTES_MAX } from "../protocol/api.ts";

/** A client that sends slower than this is not sending a chat message. */
const BODY_MS_MAX = 30_000;

/** Faults of one body that are named; more help nobody. */
const FAULTS_MAX = 5;
/** A fault may quote what was sent; this much of it is enough. */
const FAULT_CHARS_MAX = 200;

/**
 * The body of a request as `schema` has it.
 * @throws AppError `unsupported_media_type`, `too_large` (while reading), `bad_request`, `invalid`
 */
export async function readBody<T>(request: Request, schema: ZodType<T>): Promise<T> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !type.endsWith("+json")) {
    throw new AppError(
      "unsupported_media_type",
      "Send the body as JSON, with `content-type: application/json`.",
    );
  }
  if ((request.headers.get("content-encoding") ?? "identity") !== "identity") {
    throw new AppError("unsupported_media_type", "Send the body uncompressed.");
  }
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = text === "" ? "The body is empty." : "The body is not JSON.";
    throw new AppError("bad_request", `${why} Send a JSON object.`, { cause: error });
  }
  return believed("body", value, schema);
}

/** The parameters of a query that `schema` names; whatever else is there is somebody else's. @throws AppError `invalid` */
export function readQuery<T>(parameters: URLSearchParams, schema: ZodType<T>): T {
  return believed("query", Object.fromEntries(parameters), schema);
}

function believed<T>(what: string, value: unknown, schema: ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_MAX).map(({ path, message }) => ({
    path: path.join("."),
    message: message.slice(0, FAULT_CHARS_MAX).toWellFormed(),
  }));
  const detail = faults.map(({ path, message }) => path === "" ? message : `${path}: ${message}`).join("; ");
  throw new AppError("invalid", `The ${what} is not valid: ${detail}.`, { extra: { faults } });
}

/** Reads UTF-8 text, and stops reading once it is too much, whatever `content-length` said. */
async function readText(request: Request): Promise<string> {
  const tooLarge = () => new AppError("too_large", `The body may have ${BODY_BYTES_MAX} bytes at most.`);
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  if (request.body === null) return "";
  const reader = request.body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    // The read below ends with it; a body that broke already has nothing to cancel.
    reader.cancel("too slow").catch(() => {});
  }, BODY_MS_MAX);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw new AppError("bad_request", `The body did not arrive within ${BODY_MS_MAX / 1000} s.`);
      if (done) break;
      size += value.byteLength;
      if (size > BODY_BYTES_MAX) {
        await reader.cancel("too large");
        throw tooLarge();
      }
      chunks.push(value);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(
      await new Blob(chunks as BlobPart[]).arrayBuffer(),
    );
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("bad_request", "The body could not be read as UTF-8 text.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
