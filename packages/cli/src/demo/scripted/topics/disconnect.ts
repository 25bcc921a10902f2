import type { Topic } from '../topic.ts'

export const disconnect: Topic = {
  id: 'disconnect',
  asks: /\b(disconnect\w*|reconnect\w*|resume\w*|refresh\w*|reload\w*|offline|network|wifi|connection|drops?|dropp\w+|lost|lose|losing|tunnel)\b/giu,
  query: 'resume after a disconnect, events after the last seq',
  thinking:
    'This is about what happens when the connection goes away in the middle of an answer. I should follow one answer through it step by step, ' +
    'with real numbers, and say who does what: the agent goes on, the log keeps, the client asks for the rest.',
  writer: `Nothing happens to the answer. It happens to your *view* of it, for a moment. Here is one disconnect, step by step.

**Before.** Your browser has shown every event up to, say, number 412. It remembers that number.

**The connection drops.** A tunnel, a laptop lid, a deploy of the server, or the button on this page. The agent does not notice: it writes to the session, not to you. Events 413, 414, 415 … are stored as if you were there. A dropped connection is never taken for a stop; only a command is.

**You come back.** The client waits a short random time, so that a thousand clients do not return in the same millisecond, and then says:

\`\`\`json
{ "type": "subscribe", "session": "demo/welcome", "after": 412 }
\`\`\`

The answer begins at 413. The numbers have no holes, so the client can *prove* that it has everything, and it drops nothing and doubles nothing. Then it is live again.

| what broke | what you lose |
| --- | --- |
| your network | nothing |
| the tab, reloaded | nothing |
| the server, restarted | nothing that anybody has seen |
| the agent, killed | its attempt; another worker takes over |

What you type while you are offline waits in the page and is sent, in order, when the connection is back. Each command carries an id, so a retry is never applied twice.

Try it with your next question: press **Drop connection** while I answer, count to three, and look for a missing word. A second tab makes it a fair comparison.`,
  critic: `Mostly right. Read the small print on "nothing":

- Resuming at the exact event works **as long as the log keeps it**. A reader that comes back after the history was compacted gets a snapshot instead, which is the same state but not the same animation.
- What you typed offline lives in the page until it is sent. Close that tab first, and it is gone.

Neither is a reason to prefer a stream that dies with the socket. Still, say it before somebody asks.`,
}
