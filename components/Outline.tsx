// The questions of the conversation that is open, to go to one of them.
import { useMemo, useState } from "preact/hooks";
import { hasWords } from "../lib/client/finding.ts";
import { goTo, loadEarlier, questionAt, questionsOf } from "../lib/client/questions.ts";
import type { Store } from "../lib/client/store.ts";
import { Picker } from "./palette/Picker.tsx";

export function Outline({ store, closed }: { store: Store; closed(): void }) {
  const [query, setQuery] = useState("");
  const questions = questionsOf(store.open.shown.value);
  // Where the reader was when they asked.
  const current = useMemo(() => questions[questionAt(questions)]?.id, []);
  const found = questions.map((question, at) => ({ question, at })).filter(({ question }) =>
    query.trim() === "" || hasWords(question.text, query.trim())
  );
  const earlier = store.open.earlier.value;
  return (
    <Picker
      label="Questions in this chat"
      placeholder="Find a question"
      query={query}
      typed={setQuery}
      first={current}
      shelves={[{
        name: "earlier",
        choices: earlier
          ? [{
            id: "earlier",
            view: <span class="name">Earlier questions</span>,
            stays: true,
            take: () => void loadEarlier(store),
          }]
          : [],
      }, {
        name: "questions",
        choices: found.map(({ question, at }) => ({
          id: question.id,
          view: (
            <>
              {!earlier && <span class="number">{at + 1}</span>}
              <span class="name" dir="auto">{question.text}</span>
              {question.id === current && <small>Here</small>}
            </>
          ),
          current: question.id === current,
          take: () => goTo(store, questions, at, true),
        })),
      }]}
      status={questions.length === 0
        ? "Nothing was asked in this chat yet."
        : found.length === 0
        ? `No question has “${query.trim()}”.`
        : ""}
      closed={closed}
    />
  );
}
