import type { Topic } from '../topic.ts'

export const session: Topic = {
  id: 'session',
  asks: /\b(durable|sessions?|headrace|introduce|explain|overview|what is|why)\b/giu,
  query: 'durable session log shared by agents and clients',
  thinking:
    'They want to know what a durable session is. The shortest honest answer: the conversation moves from a connection into a log. ' +
    'I should say what is usual today, what changes, and give something to try on this page.',
  writer: `A **durable session** is a conversation that does not live in a connection.

Most AI products stream an answer through the request that asked for it. The request is the only pipe: reload the page, lose the train's wifi or open a second tab, and the stream is gone, even though the model is still writing and still costs money.

Headrace puts a log between the two sides:

\`\`\`
agent ──writes──▶  session log  ◀──subscribes── browser
                   1 2 3 4 5 …  ◀──subscribes── phone
                                ◀──subscribes── a colleague
\`\`\`

Three things follow from that:

1. **Delivery is resilient.** Every event has a number. A reader that was away asks for everything after the last number it has, and gets exactly that.
2. **Every surface agrees.** Tabs, devices and people read the same log, so they see the same words at the same moment. There is nothing to synchronise afterwards.
3. **Control works from anywhere.** Stopping an answer is a command to the session, not the end of a request. Any device can give it, also one that joined a second ago.

The rules live in one place, on the server: one function decides what each command does, and the result is on disk before anybody sees it.

You are looking at it now. The words you read are events of this session. Ask me something else, open this page in a second tab while I answer, and watch the two of them agree.`,
  critic: `A fair summary, with one thing missing: what it costs.

A log means that every token is **written to disk before you see it**. That is a delay of a millisecond or so with group commit, and it is real disk traffic. In exchange, nothing that was on your screen can disappear.

It also means one more server to run. If your product never needs a second tab, a reload or a stop button, a plain stream is less to own. Most products find out that they need all three within a month.`,
}
