import type { Topic } from '../topic.ts'

export const crash: Topic = {
  id: 'crash',
  asks: /\b(crash\w*|dies?|died|dead|kill(ed|s)?|restart\w*|lease\w*|fenc\w+|zombie\w*|adopt\w*|fail\w*|recover\w*|deploy\w*|worker\w*)\b/giu,
  query: 'lease lapses, another worker can adopt the run, fence late writes',
  thinking:
    'Failure of the agent or of the server. Explain leases, attempts and fencing in plain words, then what the reader sees. ' +
    'Give the command to try it from the terminal.',
  writer: `Processes die. The question is what a session looks like thirty seconds later.

**When the server dies**, even by \`kill -9\`, everything that anybody has seen is on disk: an event is stored before it is shown. The server starts, reads the end of each log, and the clients come back by themselves and ask for the rest. An agent that was writing sends its last batch again. Batches are numbered, so the server knows which ones it already has.

**When an agent dies**, its *lease* tells. A worker holds a run for a few seconds at a time and renews the lease by writing. Silence lets it lapse:

1. The attempt ends, and everybody can see that it did.
2. The run is offered again, and another worker takes it as attempt 2.
3. A step that the new attempt writes replaces what the old one had written under the same name, so the reader does not see half an answer twice.

**When a dead agent comes back**, it is the dangerous case: a process that was only frozen, or cut off by the network, and still believes that it holds the run. Its writes carry the old attempt number, and the server refuses them. This is called a *fence*. Without it two processes would write into one answer.

If no attempt is left, the run ends as **lost**. It does not hang as "thinking…" for ever, which is what most chat windows do today.

You can watch all of this:

\`\`\`sh
headrace tail demo/welcome
\`\`\`

Keep it open, restart the demo in the middle of an answer, and see what the terminal says.`,
  critic: `Good, but do not oversell "by itself". A second attempt **runs the model again**, or continues from what the first one stored. If your agent has sent an email in between, it may send two.

Leases and fences protect the *log*. Make your tools idempotent, and name your steps.`,
}
