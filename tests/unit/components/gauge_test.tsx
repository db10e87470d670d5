import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { ContextGauge } from "@/components/ContextGauge.tsx";
import type { WindowUse } from "@/lib/client/window_use.ts";
import type { Spent } from "@/lib/protocol/conversation.ts";
import { model } from "../client/sample.ts";

const USE: WindowUse = {
  beforeTokens: 2_500,
  draftTokens: 0,
  counted: true,
  windowTokens: 10_000,
  costMicroUsd: 5_000,
};
const gauge = (change: Partial<WindowUse> = {}, spent?: Spent) =>
  renderToString(
    <ContextGauge
      use={{ ...USE, ...change }}
      model={model()}
      spent={spent}
      ask={() => Promise.resolve(null)}
    />,
  );
const tone = (html: string) => /data-tone="(\w+)"/.exec(html)?.[1];
const said = (html: string) => html.replaceAll(/<svg.*?<\/svg>/gs, "").replaceAll(/<[^>]*>/g, "");

Deno.test("X4: the gauge is exact after an answer, about with a draft, and says it in words", () => {
  assertEquals(said(gauge()), "Context: 25 % of 10K tokens used");
  assertEquals(said(gauge({ draftTokens: 500 })), "Context: ≈ 30 % of 10K tokens used");
  assertEquals(said(gauge({ counted: false })), "Context: ≈ 25 % of 10K tokens used");
  assertEquals(said(gauge({ beforeTokens: 10, counted: false })), "Context: &lt; 1 % of 10K tokens used");
  assertEquals(said(gauge({ windowTokens: null })), "Context: 2,500 tokens");
});

Deno.test("X4: it turns amber at 80 %, red when it does not fit, and says so without a colour", () => {
  assertEquals([7_999, 8_000, 10_000].map((beforeTokens) => tone(gauge({ beforeTokens }))), [
    "calm",
    "nearly",
    "over",
  ]);
  assertStringIncludes(said(gauge({ beforeTokens: 8_000 })), "nearly full");
  assertStringIncludes(said(gauge({ beforeTokens: 10_000 })), "more than fits");
  assertEquals(tone(gauge({ beforeTokens: 1e9, windowTokens: null })), "calm");
});

Deno.test("U3: resting on it tells what sending costs, and what the conversation has cost", () => {
  const title = (html: string) => /title="([^"]*)"/.exec(html)?.[1] ?? "";
  const html = gauge({}, { microUsd: 12_345, unpriced: 0 });
  assertEquals(
    title(html),
    "2,500 of 10,000 tokens with the next message. Sending it: ≈ $0.005, without the answer. So far: $0.012.",
  );
  assertStringIncludes(title(gauge({ costMicroUsd: null })), "Sending it: —");
  assert(!/style=/.test(html));
});
