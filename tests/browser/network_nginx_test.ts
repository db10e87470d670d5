// Behind nginx as people install it: nothing is held back, compressed or not.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countTo } from "../support/count.ts";
import type { FakeProvider } from "../support/fake_provider/mod.ts";
import { type Gzip, NGINX, Nginx } from "../support/nginx.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";
import { type ConversationState, reduce } from "../../lib/protocol/reduce.ts";
import { textOf as textOfMessage } from "../../lib/protocol/message.ts";

const TOKENS = 12;
/** All tokens take a second here. What a proxy holds back comes with the end of the answer, which never comes. */
const HELD_BACK_MS = 20_000;
/** Fewer where a browser is asked each time. */
const SHOWN = 4;

interface Scene {
  fake: FakeProvider;
  nginx: Nginx;
}

/** Skipped, by its name, where there is no nginx. */
function behindNginx(name: string, gzip: Gzip, test: (scene: Scene) => Promise<void>): void {
  const whole = `${name} (gzip: ${gzip}${NGINX === null ? "; skipped: nginx is not installed" : ""})`;
  Deno.test({ name: whole, ignore: NGINX === null }, async () => {
    await using app = await startWithProvider();
    await using nginx = await Nginx.start(NGINX!, app.server.url, gzip);
    await test({ fake: app.fake, nginx });
  });
}

for (const gzip of ["stock", "everything"] as const) {
  behindNginx("each token passes before the next is said", gzip, async ({ fake, nginx }) => {
    assertEquals(await encodingOf(`${nginx.url}/`), "gzip", "it really compresses");
    const api = await Api.session(nginx.url);
    const { id } = await api.create({ model: MODELS.chat, title: "Through nginx" });
    const { reply } = await api.send(id, { text: "Count, please." });
    const call = await fake.next();
    let state: ConversationState | null = null;
    let text = "";
    const events = api.follow(id, { signal: AbortSignal.timeout(HELD_BACK_MS) });
    for (let n = 1; n <= TOKENS; n++) {
      const token = n === 1 ? "1" : ` ${n}`;
      await call.send(token);
      text += token;
      const shown = () =>
        state?.messages.some((one) => one.id === reply.messageId && textOfMessage(one) === text);
      while (!shown()) {
        const { value, done } = await events.next();
        assert(!done, "one connection carries all of it");
        state = reduce(state, value);
      }
    }
    await events.return();
    await call.end();
    assertEquals(textOfMessage(await api.finished(id, reply.messageId)), countTo(TOKENS));
  });

  behindNginx("the page works, and shows each word as it is said", gzip, async ({ fake, nginx }) => {
    await withBrowser(async (browser) => {
      const tab = await ChatPage.open(await browser.context(), `${nginx.url}/`);
      await tab.send("Count, please.");
      const call = await fake.next();
      for (let n = 1; n <= SHOWN; n++) {
        await call.send(n === 1 ? "1" : ` ${n}`);
        await tab.textThat((text) => text === countTo(n));
      }
      await call.end();
      assertEquals(await textOf(await tab.answerWith("complete")), countTo(SHOWN));

      await tab.send("Once more.");
      const second = await fake.next();
      await second.send("Half");
      await tab.textThat((text) => text === "Half");
      await tab.action("stop").click();
      await second.closed;
      assertEquals(await textOf(await tab.answerWith("cancelled")), "Half");
    });
  });
}

/** The encoding of a body, which `fetch` undoes before anybody can see it. */
async function encodingOf(at: string): Promise<string | undefined> {
  const { hostname, port, host, pathname } = new URL(at);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode(
    `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n`,
  ));
  let head = "";
  const buffer = new Uint8Array(16 * 1024);
  while (!head.includes("\r\n\r\n")) {
    const read = await conn.read(buffer);
    if (read === null) break;
    head += new TextDecoder("latin1").decode(buffer.subarray(0, read));
  }
  return /^content-encoding: (\w+)/im.exec(head)?.[1];
}
