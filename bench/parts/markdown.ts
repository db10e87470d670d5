// Answers as people get them: a heading, paragraphs, a list, code, and a table now and then.

const SUBJECTS = [
  "caching",
  "leases",
  "back-pressure",
  "indexes",
  "time zones",
  "encodings",
  "retries",
  "locks",
];

/** Some 1,200 characters of Markdown about one of a few subjects; the same for the same number. */
export function markdownAnswer(i: number): string {
  const subject = SUBJECTS[i % SUBJECTS.length]!;
  return [
    `## A short word on ${subject} (${i})`,
    `There are **three** things to know about _${subject}_. None of them is hard, but each of them has cost ` +
    `somebody a night; see [the notes](https://example.org/notes/${i}) for the longer story. When you read ` +
    `\`${
      subject.replaceAll(" ", "_")
    }.ts\`, keep in mind that it runs in *every* process, and that two of them may ` +
    "look at the same key in the same moment.",
    [
      `- **Measure first.** The slow part of ${subject} is hardly ever the one that looks slow.`,
      "- Give everything a bound, and write down why it is that one:",
      "  - a queue that may grow will grow;",
      "  - a wait without an end is a leak.",
      "- Say what was tried, what is, and what would have worked.",
    ].join("\n"),
    [
      "```ts",
      `export async function attempt${i}(limit: number): Promise<number> {`,
      "  for (let tries = 1; tries <= limit; tries++) {",
      `    const outcome = await once("${subject}", { tries, signal: AbortSignal.timeout(1_000) });`,
      "    if (outcome.ok) return tries;",
      "  }",
      `  throw new Error(\`Gave up after \${limit} tries\`);`,
      "}",
      "```",
    ].join("\n"),
    [
      "| case | before | after |",
      "| --- | ---: | ---: |",
      `| one at a time | ${20 + i} ms | ${3 + i % 7} ms |`,
      `| twenty at once | ${400 + 3 * i} ms | ${40 + i} ms |`,
      `| with a cold cache | ${90 + i} ms | ${70 + i % 11} ms |`,
    ].join("\n"),
    "> In short: the second look is the one that pays. Ask again when the figures of your own machine are there.",
  ].join("\n\n");
}
