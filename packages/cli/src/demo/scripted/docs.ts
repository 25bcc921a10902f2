import type { JsonObject } from '@headrace/core'

interface Note {
  readonly title: string
  readonly text: string
}

/** What the scripted agents look things up in: the idea of Headrace in a dozen notes. */
const notes: readonly Note[] = [
  {
    title: 'Session',
    text: 'A session is a persistent, shared, ordered log between agents and clients. Agents write to it and clients subscribe to it; neither holds a private pipe to the other.',
  },
  {
    title: 'Seq',
    text: 'Every event has a dense number within its session: 1, 2, 3. A gap is provable, a duplicate is impossible, and a resume is a question for everything after a number.',
  },
  {
    title: 'Resume',
    text: 'A client that was disconnected asks for the events after the last seq it has. It gets exactly those, or a snapshot where the distance is too long.',
  },
  {
    title: 'Disconnect',
    text: 'A dropped connection means nothing. Only a command means something, so closing a tab never stops an agent.',
  },
  {
    title: 'Durability',
    text: 'An event that a subscriber has seen, or that an answer to a command has named, is on disk. It survives a kill of the server at any moment.',
  },
  {
    title: 'Run',
    text: 'A run is one unit of agent work: queued, active, then ended as complete, cancelled, failed or lost. Ended is final.',
  },
  {
    title: 'Lease',
    text: 'A worker holds a run under a lease of a few seconds and renews it by writing. When the lease lapses, another worker can adopt the run.',
  },
  {
    title: 'Fence',
    text: 'Each attempt at a run has a number. Late writes of an earlier attempt are refused, so a process that comes back from the dead can not garble the answer.',
  },
  {
    title: 'Cancel',
    text: 'A cancel names a run, an agent or everything. It is stored before it is answered, reaches the agent as an AbortSignal, and the partial answer stays, marked as interrupted.',
  },
  {
    title: 'Parallel agents',
    text: 'Several agents write to one session at the same time, each directly, each with its own runs, messages and identity. Each run can be stopped by itself.',
  },
  {
    title: 'Joining',
    text: 'Whoever joins gets a snapshot at some seq and every event after it, with no gap and no overlap. The cost depends on the state, not on how many tokens were streamed.',
  },
  {
    title: 'Presence',
    text: 'The session knows which people and devices have it open. A device that disappears is taken off by timeout.',
  },
  {
    title: 'Identity',
    text: 'Each connection carries a signed token that says who it is and which verbs it may use on which sessions. The server sets the author of every event.',
  },
  {
    title: 'Commands',
    text: 'Every command is answered: accepted with a seq, refused with a code and a reason, or no-op. A retry with the same id never applies twice.',
  },
  {
    title: 'HTTP',
    text: 'Plain HTTP can do all that the WebSocket can: POST a command, GET the events after a seq, as JSON or as server-sent events.',
  },
  {
    title: 'Agent SDK',
    text: 'An agent pipes any async iterable into a run: the stream of a model SDK, a ReadableStream, or a generator of its own.',
  },
]

/** Finds the notes that share most words with a query: the tool that the scripted agents call. */
export function searchDocs(query: string, limit = 3): JsonObject {
  const wanted = words(query)
  const results = notes
    .map((note) => ({ note, score: score(note, wanted) }))
    .filter(({ score: points }) => points > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ note }) => ({ title: note.title, text: note.text }))
  return { results }
}

function score(note: Note, wanted: ReadonlySet<string>): number {
  const title = words(note.title)
  const text = words(note.text)
  let points = 0
  for (const word of wanted) points += (title.has(word) ? 3 : 0) + (text.has(word) ? 1 : 0)
  return points
}

/** Lower-case words of four letters and more, without a plural s. */
export function words(text: string): ReadonlySet<string> {
  return new Set((text.toLowerCase().match(/[\p{L}]{4,}/gu) ?? []).map((word) => word.replace(/s$/, '')))
}
