/** What people say, want back, and look for afterwards. */
import type { Actor, CommandBody, Message, SessionKey } from '@headrace/core'
import { confidences } from '../secrets.ts'
import { person } from './person.ts'
import type { Move } from '../move.ts'
import type { Random } from '../random.ts'
import type { SimulatedServer } from '../subject.ts'
import type { World } from '../world.ts'

const keeper: Actor = 'operator:keeper'
const everything = { before: Number.MAX_SAFE_INTEGER, limit: 1_000 }

/** One to take back: mostly one that says what it was made to be taken back for, and an old one where there is any. */
function toRedact(world: World, key: SessionKey, random: Random): Message | undefined {
  const { cold, state } = world.journal.history(key)
  const confided = [cold, state.view.messages].map((messages) =>
    messages.filter(({ parts }) => confidences(JSON.stringify(parts)).length > 0),
  )
  const choices = [...confided, [...cold, ...state.view.messages]].filter((messages) => messages.length > 0)
  return random.pick(random.pick(choices) ?? [])
}

type Ask = (server: SimulatedServer['http']) => Promise<unknown>

function olderOf(world: World, key: SessionKey, actor: Actor): readonly [what: string, ask: Ask] {
  return ['its older messages', (server) => server.messages(key, world.grant(actor), everything)]
}

/** Something that is asked of the past of a session. */
function askOf(world: World, key: SessionKey, actor: Actor, random: Random): readonly [what: string, ask: Ask] {
  const grant = world.grant(actor)
  const history = world.journal.history(key)
  const seq = random.between(1, Math.max(1, history.head))
  const said = history.redacted.flatMap(({ content }) => confidences(content))
  const word = random.pick(said) ?? 'line'
  // A copy that was made before keeps what it has.
  const found = async (server: SimulatedServer['http'], query: string): Promise<unknown> =>
    (await server.search(grant, query)).filter(({ session }) => world.sessions.includes(session))
  const asks: readonly (readonly [string, Ask])[] = [
    olderOf(world, key, actor),
    [`its events after ${seq - 1}`, (server) => server.events(key, grant, seq - 1)],
    [`how it was at ${seq}`, (server) => server.viewAt(key, grant, seq)],
    ['an export', (server) => server.export(key, grant)],
    [`where ${word} is said`, (server) => found(server, word)],
    ['where what is near is said', (server) => found(server, 'beside')],
  ]
  return random.pick(asks) ?? ['nothing', () => Promise.resolve(undefined)]
}

export const redactionMoves: readonly Move[] = [
  {
    ...person('confide', 8, ({ device, id }, random, world) => {
      const parts = Array.from({ length: random.between(1, 3) }, () => ({
        kind: 'text' as const,
        text: `beside ${world.newConfidence()} ${random.below(100)}`,
      }))
      const body: CommandBody = random.chance(0.7) ? { type: 'post', parts } : { type: 'send', parts }
      void world.ask(device.host, device.actor, { id: world.newName('confide-'), session: id, body })
      return `confides ${parts.map(({ text }) => text).join(', ')}`
    }),
    only: 'redactions',
  },
  {
    ...person('redact', 10, ({ device, id }, random, world) => {
      const message = toRedact(world, world.key(id), random)
      if (!message) return undefined
      const part = random.chance(0.3) ? random.pick(message.parts)?.id : undefined
      const body = { type: 'redact', message: message.id, ...(part !== undefined && { part }) } as const
      const later = random.fork('later')
      void world.ask(device.host, keeper, { id: world.newName('redact-'), session: id, body }).then(() => {
        // Before it is erased is when it may still be found.
        void world.recall(device, ...olderOf(world, world.key(id), device.actor))
        for (let asks = later.below(4); asks > 0; asks -= 1)
          void world.recall(device, ...askOf(world, world.key(id), device.actor, later))
      })
      return `has ${part === undefined ? '' : `part ${part} of `}${message.id} redacted`
    }),
    only: 'redactions',
  },
  {
    ...person('recall', 14, ({ device, id }, random, world) => {
      const [what, ask] = askOf(world, world.key(id), device.actor, random)
      void world.recall(device, what, ask)
      return `asks for ${what}`
    }),
    only: 'redactions',
  },
  {
    ...person('copy', 3, ({ device, id }, random, world) => {
      const { head } = world.journal.history(world.key(id))
      if (head === 0) return undefined
      const at = random.chance(0.5) ? head : random.between(1, head)
      const copy = world.newName('copy-')
      void world.copy(device, id, { id: copy, at })
      return `copies it at ${at} as ${copy}`
    }),
    only: 'redactions',
  },
  {
    ...person('chatter', 1, ({ device, id }, random) => {
      // What was said before goes cold.
      const count = random.between(45, 60)
      for (let index = 0; index < count; index += 1) device.ask(id, (session) => session.post(`line ${index}`))
      return `posts ${count} lines`
    }),
    only: 'redactions',
  },
  {
    ...person('compact', 5, ({ device, id }, _random, world) => {
      void world.http(device.host, (server) => server.compact(world.key(id)))
      return 'has its raw output dropped'
    }),
    only: 'redactions',
  },
]
