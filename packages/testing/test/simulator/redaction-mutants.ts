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
import type { Setup, Subject } from '@headrace/testing/simulator'
import { headrace } from './headrace.ts'
import { changed, makePage, rules, withStore } from './seams.ts'
import type { Mutant } from './mutants.ts'

const where = ({ redactions }: Setup): boolean => redactions === true
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

/** Readers are given events as this server wrote them, from a memory of its own. */
function remembering(): Subject {
  return headrace(({ store }) => {
    const written = new Map<string, string>()
    const remembered = (key: SessionKey, { after, events }: Page): Page => {
      const first = events.map((event, index) => written.get(`${key} ${after + index + 1}`) ?? event)
      return makePage(splitKey(key).session, after, first)
    }
    return {
      store: {
        ...store,
        append(key, expectedSeq, batch) {
          for (const [index, event] of batch.events.entries())
            if (event.includes('hush') && !event.includes('"to":'))
              written.set(`${key} ${expectedSeq + index + 1}`, event)
          return store.append(key, expectedSeq, batch)
        },
      },
      through: (hub) =>
        changed(hub, {
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
        }),
    }
  })
}

export const redactionMutants: readonly Mutant[] = [
  {
    name: 'shows pages of what is redacted until it is erased',
    where,
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
    where,
    subject: headrace(({ store }) => ({
      through: (hub) =>
        changed(hub, {
          history: changed(hub.history, {
            viewAt: (key, when) => viewOf(store, key, 'seq' in when ? when.seq : 0),
          }),
        }),
    })),
  },
  { name: 'gives readers what is redacted from memory', where, subject: remembering() },
  {
    name: 'says that it has erased what it has not',
    where,
    subject: withStore(() => ({ redact: async () => undefined })),
  },
  {
    name: 'never says that it has erased something',
    where,
    subject: rules(
      (decide) => (state, command, now, options) =>
        command.body.type === 'erased'
          ? { outcome: 'noop', seq: state.view.seq }
          : decide(state, command, now, options),
    ),
  },
  {
    name: 'erases from the log and not from older messages',
    where,
    subject: erasing(({ words: _, ...redaction }) => ({ ...redaction, messages: [] })),
  },
  {
    name: 'erases from the log and not from the state at its floor',
    where,
    subject: erasing(async ({ floor: _, ...redaction }, store, key) => {
      const floor = await store.floorSnapshot(key)
      return { ...redaction, ...(floor && { floor }) }
    }),
  },
  {
    name: 'loses the state at the floor with what is erased from it',
    where,
    subject: erasing(({ floor: _, ...redaction }) => redaction),
  },
  {
    name: 'goes on finding messages by what was redacted',
    where,
    subject: withStore((store) => ({
      append(key, expectedSeq, { words, ...batch }) {
        const isRedaction = batch.events.some((event) => event.includes('"type":"content.redacted"'))
        return store.append(key, expectedSeq, { ...batch, ...(words && !isRedaction && { words }) })
      },
    })),
  },
  {
    name: 'erases all parts where one was named',
    where,
    subject: erasing((redaction) => ({ ...redaction, events: redaction.events.map(wholly) })),
  },
  {
    name: 'redacts all parts where one was named',
    where,
    subject: rules((decide) => (state, command, now, options) => {
      if (command.body.type !== 'redact') return decide(state, command, now, options)
      const { part: _, ...body } = command.body
      return decide(state, { ...command, body }, now, options)
    }),
  },
]
