import { words, searchDocs } from './docs.ts'
import type { Script, Voice } from './script.ts'
import type { Topic } from './topic.ts'
import { build } from './topics/build.ts'
import { crash } from './topics/crash.ts'
import { disconnect } from './topics/disconnect.ts'
import { fallback } from './topics/fallback.ts'
import { parallel } from './topics/parallel.ts'
import { people } from './topics/people.ts'
import { session } from './topics/session.ts'
import { stop } from './topics/stop.ts'
import { tabs } from './topics/tabs.ts'

/** Most specific first: it wins where two match equally well. */
export const topics: readonly Topic[] = [disconnect, crash, stop, parallel, tabs, people, build, session]

/** The topic that most words of a question point to. */
export function chooseTopic(question: string): Topic {
  let best: { topic: Topic; matches: number } = { topic: fallback, matches: 0 }
  for (const topic of topics) {
    const matches = new Set([...question.matchAll(topic.asks)].map(([match]) => match.toLowerCase())).size
    if (matches > best.matches) best = { topic, matches }
  }
  return best.topic
}

/** What a scripted agent does for a question. The same question gives the same script. */
export function writeScript(voice: Voice, question: string): Script {
  const topic = chooseTopic(question)
  const text = topic[voice].replace('{question}', () => quote(question))
  const query =
    topic.id === 'fallback' && words(question).size > 0
      ? `${[...words(question)].slice(0, 4).join(' ')} ${topic.query}`
      : topic.query
  return [
    { type: 'reasoning', text: voice === 'critic' ? doubt : topic.thinking },
    {
      type: 'tool',
      name: 'search_docs',
      input: { query, limit: 3 },
      output: searchDocs(query),
      takesMs: lookUpMs[voice],
    },
    { type: 'text', text },
  ]
}

const doubt = 'What would go wrong with that, and what does it cost? Look it up first, and keep it short.'

/** The critic has less to say. It reads for longer, so that there is time to watch both at work and to stop one of them. */
const lookUpMs: Readonly<Record<Voice, number>> = { writer: 600, critic: 2_500 }

/** A question in one line, short, with nothing in it that Markdown would take for its own. */
function quote(question: string): string {
  const line = question
    .replace(/[*_`[\]<>\\|#]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
