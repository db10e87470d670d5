// The demo's tour: one of everything that the app renders, and what to try meanwhile.

export const TOUR_REASONING =
  "Somebody opened the demo. There is no model here to think, so I shall say that first, " +
  "then show one of everything: headings, lists, a table, code, mathematics, a link.";

export const TOUR = `# A tour, with no model behind it

I am the **demo**: nobody is thinking here. These words are a fixed text that comes at a steady pace, so that you can
see how answers look and move before you set a key. To talk to a real model, set \`OPENAI_API_KEY\`,
\`ANTHROPIC_API_KEY\` or \`COMPATIBLE_BASE_URL\` and restart the server.

## Things to try while this runs

1. **Open a second tab** with this conversation, or the same address on your phone:
   - both follow this answer, word by word;
   - either can stop it.
2. **Reload in mid-answer.** You lose nothing: the answer belongs to the server, and the page comes back to where it is.
3. **Press Stop.** What has been written stays.

Then ask me to \`count to 100\`, and I will do exactly that.

## Lists of things done

- [x] Write the answer down before anybody sees it
- [x] Survive the tab that asked
- [ ] Think, which is beyond a demo

## A table

| If this closes | the answer | and you |
| :------------- | :--------: | ------: |
| the tab | goes on | come back later |
| the laptop | goes on | open your phone |
| the server | is taken over | see it go on |

## Code

A stream in TypeScript:

\`\`\`ts
async function* count(to: number): AsyncGenerator<string> {
  for (let n = 1; n <= to; n++) yield n === 1 ? "1" : \` \${n}\`;
}
\`\`\`

And the same thought in Python:

\`\`\`python
def count(to: int):
    for n in range(1, to + 1):
        yield str(n) if n == 1 else f" {n}"
\`\`\`

## Mathematics

Within a line, \\( e^{i\\pi} + 1 = 0 \\), and on its own:

$$
\\sum_{n=1}^{N} n = \\frac{N(N+1)}{2}
$$

## And the rest

> Closing every tab changes nothing about a running answer.

Words can be *slanted*, **strong**, ~~gone~~ or \`verbatim\`, and lead elsewhere, as to [Deno](https://deno.com). Letters
of every kind arrive whole: naïve, 東京, Ελλάδα, 👩‍🚀.

---

That is all I can do. I am only a demo.`;
