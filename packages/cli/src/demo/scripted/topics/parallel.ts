import type { Topic } from '../topic.ts'

export const parallel: Topic = {
  id: 'parallel',
  asks: /\b(parallel|two agents|both|several agents|many agents|agents|multi\w*|together|at once|critic|writer|each other|orchestrat\w*)\b/giu,
  query: 'several agents write in parallel to one session',
  thinking:
    'A question about agents side by side. Explain that there is no relay: each agent writes directly under its own identity. ' +
    'The useful part for the reader is what they can do: address one, stop one, see both.',
  writer: `Yes: several agents can work in one session **at the same time**, and each of them writes to it directly. There is no main agent that relays the words of the others.

What keeps them apart is ordinary bookkeeping, done by the server:

- **A run per answer.** Each question that you send to an agent becomes a *run*: queued, then active, then ended. My answer and the critic's answer are two runs, even when one question caused both.
- **An identity per agent.** I hold a token that says \`agent:writer\`. The server puts that name on every event I write. I could not sign as the critic if I tried.
- **A message per answer.** Our words are parts of different messages, so they can arrive interleaved, a few tokens of mine and a few of the critic's, and still be read as two clean texts.

\`\`\`
seq   run   author    event
201   r198  writer    delta  "Yes: several"
202   r200  critic    delta  "Be careful"
203   r198  writer    delta  " agents can"
\`\`\`

And what you can do with it:

1. Ask the writer something long.
2. While it streams, ask the critic. It begins at once, next to the other answer.
3. Press **Stop** on one of them. The other goes on.

A second question to the *same* agent waits in a queue, because that is what people expect of one conversation partner. A session can also say that it should run beside the first, interrupt it, or be rejected.

This is also how a person takes part: they write to the same log, with a name of their own.`,
  critic: `Careful with the picture of happy agents side by side. Two of them in one session can still **contradict each other**, and the log will record both faithfully.

Headrace gives you order, identity and a stop button for each. Who is *right*, and who speaks first, is for your application. I suggest one agent that answers and one that checks. Like here.`,
}
