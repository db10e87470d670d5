import { assert, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { SummaryDivider } from "@/components/SummaryDivider.tsx";
import { id } from "../client/sample.ts";

const SUMMARY = { throughId: id(4), text: "They spoke of <tides>.", by: "model" as const, createdAt: 0 };
const divider = (by: "model" | "person", sent: boolean) =>
  renderToString(
    <SummaryDivider summary={{ ...SUMMARY, by }} sent={sent} save={() => Promise.resolve(null)} />,
  );

Deno.test("X3: a divider says that a summary goes along, or is ready to, and whether a person changed it", () => {
  assertStringIncludes(divider("model", true), "The messages above are sent as a summary");
  assertStringIncludes(divider("model", false), "is ready, for when they no longer fit");
  assertStringIncludes(divider("model", true), "They spoke of &lt;tides>.");
  assert(!divider("model", true).includes(">edited<"));
  assertStringIncludes(divider("person", true), ">edited<");
});
