// The conversation, live.
import { useComputed, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EarlierProps } from "../components/Earlier.tsx";
import { ErrorNote } from "../components/ErrorNote.tsx";
import { DownIcon } from "../components/Icons.tsx";
import { Lazy } from "../components/Lazy.tsx";
import { whenIdle } from "../components/markdown/idle.ts";
import { type ListActions, MessageList } from "../components/MessageList.tsx";
import { Welcome } from "../components/Welcome.tsx";
import type { BranchItem } from "../lib/client/branch.ts";
import { listenSoon } from "../lib/client/early_keys.ts";
import type { Pending } from "../lib/client/outbox.ts";
import { Pin } from "../lib/client/pin.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { Id } from "../lib/core/ids.ts";
import type { PageState } from "../lib/protocol/api.ts";
import type { DeviceSettings } from "../lib/protocol/device.ts";
import { prepareDialog } from "./Dialogs.tsx";

type Props = Partial<Pick<PageState, "person" | "snapshot" | "models" | "starters">> & {
  device?: Pick<DeviceSettings, "pace">;
};

const loader = () => import("../components/Earlier.tsx").then(({ Earlier }) => Earlier);

export default function Chat(props: Props) {
  const store = useStore(props);
  const drafted = () => store.drafts.read(store.open.id.peek()).text;
  const actions = useMemo((): ListActions => ({
    regenerate: (id) => void store.answers.again(id),
    regenerateWith: (id) => void (store.answers.choosingFor.value = id),
    goOn: (id) => void store.answers.goOn(id),
    rate: (id, rating, reason) => store.answers.rate(id, rating, reason),
    prompt: (promptId) => store.answers.prompt(promptId),
    summarise: (throughId, text) => store.answers.summarise(throughId, text),
    editing: store.editing,
    sendInstead: (message, text) => store.sendInstead(message, text),
    answers: store.answers,
    device: store.device,
    busy: store.busy,
    unloaded: () => store.unloaded(),
    choose: (id, action) => void store.answers.choose(id, action),
    resend: (id) => void store.outbox.retry(id),
    edit(id) {
      store.waiting.leave(); // or the words would become those of another message
      store.fill.value = below(drafted(), store.outbox.discard(id));
      document.getElementById("composer")?.focus();
    },
    startOver: () => store.startOver(),
  }), []);
  const loadEarlier = useMemo((): EarlierProps["load"] => async () => {
    await store.open.loadEarlier();
    store.notices.announce({ status: "Earlier messages loaded." });
  }, []);
  const starters = store.starters.value;
  // While an answer is under way, a message goes to the queue: the composer shows it there.
  const queued = useComputed(() => store.open.state.value?.conversation.running != null);
  const outgoing = store.pending.value.filter((p) => p.state === "failed" || !queued.value);
  const items = before(store.open.shown.value, outgoing);
  const awaiting = items.at(-1)?.message.status !== "streaming" &&
    outgoing.some((p) => p.state === "sending" || p.state === "accepted") && !store.offline.value;

  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  /** A server does not know whose browser it renders for. */
  const [here, setHere] = useState<Id | null>(null);
  useEffect(() => setHere(store.here.device.id), []);
  const pin = store.pin.value;
  const open = store.open.id.value;
  const first = items[0]?.message.id;
  const empty = items.length === 0 && outgoing.length === 0;
  const missing = store.open.missing.value;
  const deleted = store.open.state.value?.deleted === true;
  const there = !empty && missing === null;
  useEffect(() => {
    if (list.current === null || content.current === null) return;
    const mode = () => store.device.settings.peek().follow;
    const pin = new Pin(list.current, content.current, mode, open, location.hash.startsWith("#m-"));
    store.pin.value = pin;
    return () => {
      pin.close();
      store.pin.value = null;
    };
  }, [open, there]);
  // What is loaded above the reader does not move what they read. Heard at once: an effect of a component comes after it
  // is drawn.
  const firstShown = useComputed(() => store.open.shown.value[0]?.message.id);
  useEffect(() => {
    if (pin === null) return;
    let known: Id | undefined = firstShown.peek();
    return firstShown.subscribe((first) => {
      if (first === known) return; // it is told at once, too: nothing comes above what is here
      known = first;
      pin.keep();
    });
  }, [pin]);
  // What a person just sent, they want to see; and what waited and is now being answered.
  const sent = outgoing.at(-1)?.id;
  const asked = sent ?? items.findLast(({ message }) => message.role === "user")?.message.id;
  useEffect(() => {
    const question = [...content.current?.querySelectorAll<HTMLElement>('[data-role="user"]') ?? []].at(-1);
    if (question === undefined) return;
    if (sent !== undefined || (store.busy.peek() && pin?.away.peek() === false)) pin?.asked(question);
  }, [asked]);
  useEffect(() => listenSoon(store, whenIdle, () => prepareDialog("palette")), []);
  useSignalEffect(() => {
    document.body.dataset.connection = store.link.value;
  });

  if (missing !== null) {
    return (
      <div key="missing" class="log">
        <ErrorNote failure={missing}>
          {missing.status !== 404 && (
            <button type="button" onClick={() => void store.open.load()}>Retry</button>
          )}
          <button type="button" onClick={() => void store.go(null)}>New chat</button>
        </ErrorNote>
      </div>
    );
  }
  if (empty) {
    // What a browser had kept comes in a moment.
    if (open === null ? store.person.value === null : store.open.state.value === null) {
      return <div key="coming" class="log" role="log" aria-busy="true" />;
    }
    const pick = (text: string, send: boolean) => {
      if (send) return void store.send(text);
      const draft = drafted();
      // One starter takes the place of another, but not of what a person wrote.
      store.fill.value = starters.some((starter) => starter.text === draft) ? text : below(draft, text);
    };
    return (
      <div key="welcome" class="log">
        <Welcome starters={starters} pick={pick} />
      </div>
    );
  }
  return (
    <div key="stage" class="stage">
      <MessageList
        items={items}
        earlier={store.open.earlier.value}
        loader={pin !== null && first !== undefined && (
          <Lazy
            load={loader}
            with={{ first, load: loadEarlier, offline: store.offline.value }}
            failed={actions.unloaded}
          />
        )}
        models={store.models.value.models}
        here={here}
        summary={store.open.summary.value}
        outgoing={outgoing}
        awaiting={awaiting}
        busy={store.busy.value}
        stopping={store.stopping.value}
        whole={store.device.settings.value.pace === "whole"}
        actions={actions}
        listRef={list}
        contentRef={content}
      />
      {deleted && open !== null && (
        <div class="over">
          <ErrorNote failure={{ detail: "This conversation was deleted." }}>
            <button type="button" data-action="restore" onClick={() => void store.restore(open)}>
              Restore
            </button>
          </ErrorNote>
        </div>
      )}
      {pin?.away.value && (
        <button
          type="button"
          class="jump"
          data-action="jump"
          data-raised={store.offline.value || store.link.value === "stopped" || undefined}
          onClick={() => pin.jump()}
        >
          <DownIcon /> Latest
        </button>
      )}
    </div>
  );
}

/** Words put below others, of which there may be none. Last, their files are seen as such. */
function below(others: string, text: string): string {
  return others.trim() === "" ? text : `${others}\n\n${text}`;
}

/** What is shown before the messages on their way: one that was said otherwise takes the place of the old one. */
function before(items: readonly BranchItem[], outgoing: readonly Pending[]): readonly BranchItem[] {
  const parentId = outgoing.find((pending) => pending.parentId !== undefined)?.parentId;
  const at = items.findIndex(({ message }) => message.id === parentId);
  // The end of the branch is no place before others; nor is one that is not shown.
  return parentId === null ? [] : at < 0 ? items : items.slice(0, at + 1);
}
