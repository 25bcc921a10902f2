/** Broken variants of what becomes of content that somebody wants back. */
import {
  blankEvent,
  emptyState,
  foldView,
  splitKey,
  type Redaction,
  type SessionEvent,
  type SessionKey,
  type SessionView,
  type Store,
} from '@headrace/core'
import type { Follower, Page } from '@headrace/server/virtual'
import type { Subject } from '@headrace/testing/simulator'
import { headrace } from './headrace.ts'
import { changed, makePage, rules, through, withStore } from './seams.ts'
import type { Mutant } from './mutants.ts'

const only = 'redactions'
const all = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }

/** A store that erases other things than it is told to. */
function erasing(
  change: (redaction: Redaction, store: Store, key: SessionKey) => Redaction | Promise<Redaction>,
): Subject {
  return withStore((store) => ({
    redact: async (key, redaction) => store.redact(key, await change(redaction, store, key)),
  }))
}

/** Whatever is said in one message goes with any part of it. */
function wholly({ seq, json }: Redaction['events'][number]): Redaction['events'][number] {
  const event = JSON.parse(json) as SessionEvent // written by a room
  if (event.type !== 'message.added') return { seq, json }
  return { seq, json: JSON.stringify(blankEvent(event, { message: event.data.id }, event.was ?? '')) }
}

async function viewOf(store: Store, key: SessionKey, seq: number): Promise<SessionView> {
  let { view } = emptyState(splitKey(key).session)
  for (const json of await store.read(key, 0, all)) {
    const event = JSON.parse(json) as SessionEvent // written by a room
    if (event.seq <= seq) view = foldView(view, event)
  }
  return view
}

/** Readers are given events as this server saw them first. */
function remembering(): Subject {
  return through((hub) => {
    const seen = new Map<string, string>()
    const remembered = (key: SessionKey, page: Page): Page => {
      const events = page.events.map((event, index) => {
        if (!event.includes('"type":"message.added"') || event.includes('"to":')) return event
        const id = `${key} ${page.after + index}`
        const first = seen.get(id) ?? event
        seen.set(id, first)
        return first
      })
      return makePage(splitKey(key).session, page.after, events)
    }
    return {
      async follow(key, reader, options): Promise<Follower> {
        const follower = await hub.follow(key, reader, options)
        return changed(follower, {
          next() {
            const page = follower.next()
            if (page instanceof Promise) return page.then((read) => read && remembered(key, read))
            return page && remembered(key, page)
          },
        })
      },
    }
  })
}

export const redactionMutants: readonly Mutant[] = [
  {
    name: 'shows pages of what is redacted until it is erased',
    only,
    subject: headrace(({ store }) => ({
      through: (hub) =>
        changed(hub, {
          messages: async (key, _reader, { before, limit }) => ({
            rows: await store.readMessages(key, before, limit),
            more: false,
          }),
        }),
    })),
  },
  {
    name: 'looks back without waiting for what is to be erased',
    only,
    subject: headrace(({ store }) => ({
      through: (hub) =>
        changed(hub, {
          history: changed(hub.history, {
            viewAt: (key, when) => viewOf(store, key, 'seq' in when ? when.seq : 0),
          }),
        }),
    })),
  },
  { name: 'gives readers what is redacted from memory', only, subject: remembering() },
  {
    name: 'says that it has erased what it has not',
    only,
    subject: withStore(() => ({ redact: async () => undefined })),
  },
  {
    name: 'never says that it has erased something',
    only,
    subject: rules(
      (decide) => (state, command, now, options) =>
        command.body.type === 'erased'
          ? { outcome: 'noop', seq: state.view.seq }
          : decide(state, command, now, options),
    ),
  },
  {
    name: 'erases from the log and not from older messages',
    only,
    subject: erasing(({ words: _, ...redaction }) => ({ ...redaction, messages: [] })),
  },
  {
    name: 'erases from the log and not from the state at its floor',
    only,
    subject: erasing(async ({ floor: _, ...redaction }, store, key) => {
      const floor = await store.floorSnapshot(key)
      return { ...redaction, ...(floor && { floor }) }
    }),
  },
  {
    name: 'loses the state at the floor with what is erased from it',
    only,
    subject: erasing(({ floor: _, ...redaction }) => redaction),
  },
  {
    name: 'goes on finding messages by what was redacted',
    only,
    subject: withStore((store) => ({
      append(key, expectedSeq, { words, ...batch }) {
        const isRedaction = batch.events.some((event) => event.includes('"type":"content.redacted"'))
        return store.append(key, expectedSeq, { ...batch, ...(words && !isRedaction && { words }) })
      },
    })),
  },
  {
    name: 'erases all parts where one was named',
    only,
    subject: erasing((redaction) => ({ ...redaction, events: redaction.events.map(wholly) })),
  },
  {
    name: 'redacts all parts where one was named',
    only,
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'redact') return decide(state, command, now, options)
      const { part: _, ...body } = command.body
      return decide(state, { ...command, body }, now, options)
    }),
  },
]
