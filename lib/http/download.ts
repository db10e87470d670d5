// A document that a person keeps as a file, sent while it is made.
//   D1  It is pulled: whoever reads slowly has it made slowly, and whoever stops reading ends it.
//   D2  What fails in the middle breaks the transfer off. A browser says so; it never keeps a part as if it were all.
import { causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Logger } from "../observe/log.ts";
import type { Streams } from "./streams.ts";

export interface Download {
  userId: Id;
  /** Of the file: letters, digits, dots and dashes. */
  name: string;
  pieces: AsyncGenerator<string>;
  requestId: string;
}

/** @throws AppError `limited` when too many streams are open. */
export function download(
  { streams, logger }: { streams: Streams; logger: Logger },
  { userId, name, pieces, requestId }: Download,
): Response {
  const place = streams.hold(userId);
  const encoder = new TextEncoder();
  let ended = false;
  const end = () => {
    ended = true;
    place[Symbol.dispose]();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // A process that is about to exit cannot finish it.
      place.signal.addEventListener("abort", () => {
        if (ended) return;
        end();
        controller.error(new Error("The server is restarting"));
        void pieces.return(undefined);
      });
    },
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (ended) return;
        if (!done) return controller.enqueue(encoder.encode(value));
        end();
        controller.close();
      } catch (error) {
        if (ended) return;
        end();
        logger.log("error", "download_failed", { requestId, cause: causes(error) });
        controller.error(error);
      }
    },
    async cancel() {
      end();
      await pieces.return(undefined);
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-disposition": `attachment; filename="${name}"`,
      // A compressor would have to hold all of it first.
      "cache-control": "no-store, no-transform",
    },
  });
}
