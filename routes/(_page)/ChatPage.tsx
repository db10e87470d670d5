// The page: a sidebar, and beside it the conversation under its head and above the composer.
// Only Chat is given the messages; the others get what they show.
import { Head } from "fresh/runtime";
import { Finished } from "../../components/markdown/finished.ts";
import { FinishedTexts } from "../../components/markdown/finished_texts.ts";
import Chat from "../../islands/Chat.tsx";
import Composer from "../../islands/Composer.tsx";
import Dialogs from "../../islands/Dialogs.tsx";
import Header from "../../islands/Header.tsx";
import Notices from "../../islands/Notices.tsx";
import Sidebar from "../../islands/Sidebar.tsx";
import type { PageState } from "../../lib/protocol/api.ts";
import type { DeviceSettings } from "../../lib/protocol/device.ts";

/** What all pages of this process read finished texts with. */
const FINISHED = new FinishedTexts();

interface Props {
  /** Nothing: a browser fills the page from what it has kept. */
  state: PageState | Record<never, never>;
  /** How this browser wants its pages. */
  device?: DeviceSettings;
  finished?: FinishedTexts;
}

export function ChatPage({ state, device, finished = FINISHED }: Props) {
  const { person, snapshot, list, nextCursor, models, preferences, starters }: Partial<PageState> = state;
  const conversation = snapshot?.conversation ?? null;
  return (
    <Finished.Provider value={finished}>
      <div class="app">
        <Head>
          <title>{conversation?.title ? `${conversation.title} · Throughline` : "Throughline"}</title>
        </Head>
        <Sidebar list={list} nextCursor={nextCursor} conversation={conversation} />
        <main aria-labelledby="chat-title">
          <Header models={models} conversation={conversation} preferences={preferences} />
          <Chat
            person={person}
            snapshot={snapshot}
            models={models}
            starters={starters}
            device={device === undefined ? undefined : { pace: device.pace }}
          />
          <Composer person={person} models={models} conversation={conversation} />
        </main>
        <Notices person={person} />
        <Dialogs />
      </div>
    </Finished.Provider>
  );
}
