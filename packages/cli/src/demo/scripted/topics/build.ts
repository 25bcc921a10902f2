import type { Topic } from '../topic.ts'

export const build: Topic = {
  id: 'build',
  asks: /\b(code|curl|http|api|sdk|integrat\w*|install\w*|build\w*|python|typescript|javascript|react|start\w*|use it|how do i|how can i|example|openai|anthropic|model|key)\b/giu,
  query: 'agent SDK pipe, HTTP commands and events',
  thinking:
    'They want to build with it. Show the two sides in a few lines each, and mention that plain HTTP is enough. ' +
    'Also say how this demo gets a real model, because people will wonder.',
  writer: `There are two sides, and each of them is a few lines.

**The agent** offers to work under a name and gets runs. Whatever streams can be piped into a run: the result of a model SDK, a \`ReadableStream\`, a generator of your own.

\`\`\`ts
import { createWorker } from '@headrace/client/agent'

createWorker({
  url: 'http://127.0.0.1:4400',
  token,
  agent: 'writer',
  handler: async (run) => {
    await run.pipe(callTheModel(run.history, { signal: run.signal }))
  },
})
\`\`\`

That is a durable agent. Leases, retries, numbering of the batches and the abort signal are handled underneath.

**The page** follows a session. In React it is one hook:

\`\`\`tsx
const { messages, status } = useSession('demo/welcome')
\`\`\`

**Neither** is required. Plain HTTP is enough to write and to read, from any language:

\`\`\`sh
curl -H "Authorization: Bearer $TOKEN" \\
  "http://127.0.0.1:4400/v1/sessions/demo%2Fwelcome/events?after=0"
\`\`\`

And to put it into an existing Node server, \`createHeadrace()\` gives you a request handler. The \`headrace\` command is a thin user of it.

About this demo: without a key, the words you read come from a script, which is why they arrive so evenly. Start it with \`OPENAI_API_KEY\` or \`ANTHROPIC_API_KEY\` set and the same two agents use a real model. Nothing else changes, which is rather the point.`,
  critic: `The lines are real. Two things to know before you copy them:

- \`token\` has to come from *your* server, made for *that* user. Do not ship the operator token to a browser.
- Pass \`run.signal\` to the model. If you forget it, Stop still ends the run, but you go on paying for the tokens.`,
}
