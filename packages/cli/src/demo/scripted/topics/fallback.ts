import type { Topic } from '../topic.ts'

/** For every question that no topic knows. `{question}` stands for what was asked. */
export const fallback: Topic = {
  id: 'fallback',
  asks: /(?!)/gu,
  query: 'session events commands run',
  thinking:
    'I have no script for this question, and no model behind me. Saying so is better than pretending. ' +
    'What I can do honestly: show what has just happened to the question inside the session.',
  writer: `You asked: *{question}*

I am a scripted agent. There is no model behind me, so I will not make up an answer to that. What I can tell you truthfully is what your question has **done** since you sent it, because that is the same for every question.

1. **It became a command.** Your page gave it an id and sent it to the server. Had the connection dropped at that moment, the page would have sent it again with the same id, and the server would have answered "already done".
2. **It was decided.** One function on the server looked at the session: may you send here, is the agent free, is the queue full? The answer was yes, and it turned into two events: your message, and a run for me.
3. **It was stored, then shown.** Only after both events were on disk did anybody see them, you included. That is why nothing you have seen can disappear.
4. **It was claimed.** I hold the run under a lease of a few seconds, which I renew by writing. If my process died now, you would see that too, and another worker could continue.
5. **It is being answered.** Every few words are an event with a number. Each tab and each person on this session reads the same numbers in the same order.

Things I do have something to say about: what a *durable session* is, a *disconnect* in the middle of an answer, *two tabs*, *several agents in parallel*, *stopping* an answer, *another person joining*, what happens after a *crash*, and how to *build* with it.

For answers to anything else, start the demo with \`OPENAI_API_KEY\` or \`ANTHROPIC_API_KEY\` set. The same agents then use a real model.`,
  critic: `No script covers that one, and I will not bluff.

Ask me about something I can be rude about: *disconnects*, *two tabs*, *parallel agents*, *stopping*, *joining*, *crashes*, or the *code*. Or start the demo with a model key, and judge for yourself.`,
}
