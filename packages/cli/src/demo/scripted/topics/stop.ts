import type { Topic } from '../topic.ts'

export const stop: Topic = {
  id: 'stop',
  asks: /\b(stop\w*|cancel\w*|abort\w*|interrupt\w*|pause|kill|steer\w*|control)\b/giu,
  query: 'cancel a run, abort signal, partial answer stays',
  thinking:
    'They want to stop things. Distinguish a stop from a disconnect, then follow a cancel through: stored, signalled, ended, marked. ' +
    'Mention that it works when the agent is down, because that is where other designs fail.',
  writer: `Stopping an answer sounds trivial until you ask *where* the stop goes. In a plain stream the only way to say "stop" is to hang up, and hanging up also happens by accident. So one of two things is wrong: either every lost connection kills the answer, or nothing does.

Here they are different things. **A disconnect means nothing. A cancel is a command.**

What happens after you press Stop:

1. The command goes to the session and names a run, an agent, or everything.
2. The server stores the request *before* it answers you. From then on it survives a crash.
3. My worker gets an \`AbortSignal\`, passes it to the model, and ends the run.
4. If I do not react within the grace time, the server ends the run anyway. A stuck agent can not hold the session.
5. The partial answer stays where it is, marked as interrupted, with the name of the person who stopped it.

It works in the awkward moments too:

- the run is still **queued**: it ends before anybody took it;
- the agent is **down**: the intent waits in the log and is honoured when it returns;
- **two people** press Stop at once: one is accepted, the other is told that it was already so.

From another terminal it is one line:

\`\`\`sh
headrace cancel demo/welcome --agent writer
\`\`\`

Ask me for something long, then try it from a tab that did not ask the question.`,
  critic: `The list is right. What it does not say: a cancel **does not refund tokens**, and it can not unsend an email that a tool has already sent.

A stop ends the run and keeps the evidence. Undoing side effects is a different feature, and it is yours to write.`,
}
