/** What can happen to streams. */
import { HeadraceError, type SubscriptionConfig } from '@headrace/core'
import { storeTrouble } from '../moves/store-trouble.ts'
import { Random } from '../random.ts'
import { wakeStream } from './receiver.ts'
import { WakeJournal } from './wakes.ts'
import { Writer, sayOnce } from './writer.ts'
import type { StreamFault } from './plan.ts'
import type { StreamWorld } from './world.ts'

export interface StreamMove {
  readonly name: string
  readonly share: number
  readonly fault?: StreamFault
  /** Returns in words what was done, or `undefined` where there was nothing to do. */
  readonly act: (world: StreamWorld, random: Random) => string | undefined
}

/**
 * Stores compare the length of a log and not which one it is: a log that was made in the place of another, as long as that,
 * is taken for it by another server, and by an append that comes late.
 */
function canTellAnew({ setup }: StreamWorld): boolean {
  return setup.servers === 1 && !setup.faults.includes('unknown')
}

const paths = ['jobs/a', 'jobs/b', 'other'] as const
const writers = new WeakMap<StreamWorld, Writer[]>()

function writersOf(world: StreamWorld): Writer[] {
  const own = writers.get(world) ?? []
  writers.set(world, own)
  return own
}

function pathOf(random: Random): string {
  return random.pick(paths) ?? 'other'
}

/** What is refused for good, and what gets no answer, is no news here. */
function background(work: Promise<unknown>): void {
  work.catch((thrown: unknown) => HeadraceError.from(thrown))
}

async function fork(world: StreamWorld, from: string, to: string): Promise<void> {
  const { journal } = world
  const began = world.loop.now
  const source = await world.ask((server) => server.read(from, 0))
  if (!source) return
  journal.read(from, source, 0)
  const made = await world.insist((server) => server.create(to, { text: '', fork: from }))
  // What was forked is the stream that was read, unless it was removed in between.
  const isSame = (journal.removedAt.get(from) ?? -1) < began
  journal.forked(to, made.id, isSame ? source.pieces : undefined)
}

async function subscribe(world: StreamWorld, name: string, config: SubscriptionConfig): Promise<void> {
  const journal = new WakeJournal(name, (invariant, text) => world.fail(invariant, text))
  const subscribed = { config, journal, isMade: false }
  world.subscribed.set(name, subscribed)
  if (config.wakeStream !== undefined) {
    world.receiver.watch()
    await world.insist((server) => server.create(wakeStream, { text: '' }))
  }
  await world.insist(async (server) => {
    await server.subscribe(name, config)
    return true
  })
  subscribed.isMade = true
}

async function remove(world: StreamWorld, path: string): Promise<void> {
  const asked = (): void => {
    world.journal.removedAt.set(path, world.loop.now)
    for (const { journal } of world.subscribed.values()) journal.replaced(path)
  }
  asked()
  await world.insist(async (server) => {
    await server.remove(path)
    return true
  })
  asked()
}

export const streamMoves: readonly StreamMove[] = [
  {
    name: 'create',
    share: 6,
    act(world, random) {
      const path = pathOf(random)
      const text = random.chance(0.5) ? world.newName('first') : ''
      background(
        world
          .insist((server) => server.create(path, { text }))
          .then((answer) => {
            if (answer.created === true && text !== '') world.journal.appended(path, answer, text)
          }),
      )
      return `somebody makes ${path}`
    },
  },
  {
    name: 'write',
    share: 12,
    act(world, random) {
      const own = writersOf(world)
      const writer = random.pick(own.filter(({ isOver }) => !isOver))
      if (writer && random.chance(0.7)) return writer.write(random) ? `more is written to ${writer.path}` : undefined
      const other = new Writer(pathOf(random), world)
      own.push(other)
      other.write(new Random(random.below(2 ** 32)))
      return `somebody begins to write to ${other.path}`
    },
  },
  {
    name: 'say-once',
    share: 4,
    act(world, random) {
      const path = pathOf(random)
      background(sayOnce(world, path))
      return `somebody says something in ${path}`
    },
  },
  {
    name: 'read',
    share: 4,
    act(world, random) {
      const path = pathOf(random)
      const read = world.ask((server) => server.read(path, 0))
      background(read.then((found) => found && world.journal.read(path, found, 0)))
      return `somebody reads ${path}`
    },
  },
  {
    name: 'fork',
    share: 2,
    act(world, random) {
      const from = pathOf(random)
      const to = world.newName(random.chance(0.5) ? 'jobs/f' : 'f')
      background(fork(world, from, to))
      return `somebody forks ${from} to ${to}`
    },
  },
  {
    name: 'remove',
    share: 2,
    act(world, random) {
      if (!canTellAnew(world)) return undefined
      const path = pathOf(random)
      background(remove(world, path))
      return `somebody removes ${path}`
    },
  },
  {
    name: 'remake',
    share: 1.5,
    act(world, random) {
      if (!canTellAnew(world)) return undefined
      const path = pathOf(random)
      const text = world.newName('anew')
      background(
        remove(world, path)
          .catch(() => undefined)
          .then(() => world.insist((server) => server.create(path, { text })))
          .then((answer) => answer.created === true && world.journal.appended(path, answer, text)),
      )
      return `somebody makes ${path} anew`
    },
  },
  {
    name: 'subscribe',
    share: 5,
    act(world, random) {
      if (world.subscribed.size >= 3) return undefined
      const name = world.newName('sub')
      const { leaseMs } = world.setup
      const streams = random.chance(0.4) ? [pathOf(random)] : []
      const pattern = streams.length === 0 || random.chance(0.3) ? { pattern: 'jobs/*' } : {}
      const config: SubscriptionConfig = random.chance(0.6)
        ? { type: 'webhook', url: `https://hook/${name}`, streams, leaseMs, ...pattern }
        : { type: 'pull-wake', wakeStream, streams, leaseMs, ...pattern }
      background(subscribe(world, name, config))
      return `${name} (${config.type}) waits for ${[config.pattern, ...streams].join(' ')}`
    },
  },
  {
    name: 'link',
    share: 2,
    act(world, random) {
      const name = random.pick([...world.subscribed].filter(([, { isMade }]) => isMade))?.[0]
      if (name === undefined) return undefined
      const path = pathOf(random)
      background(
        world.insist(async (server) => {
          await server.link(name, path)
          return true
        }),
      )
      return `${name} waits for ${path} too`
    },
  },
  {
    name: 'unlink',
    share: 1,
    act(world, random) {
      const [name, subscribed] = random.pick([...world.subscribed].filter(([, { isMade }]) => isMade)) ?? []
      if (name === undefined || !subscribed) return undefined
      const path = pathOf(random)
      // Where it is linked again, it begins anew.
      subscribed.journal.replaced(path)
      background(
        world.insist(async (server) => {
          await server.unlink(name, path)
          return true
        }),
      )
      return `${name} does not wait for ${path} any more`
    },
  },
  {
    name: 'crash',
    share: 3,
    fault: 'crash',
    act(world, random) {
      const index = random.below(world.setup.servers)
      if (!world.crash(index)) return undefined
      const ms = random.pick([0, 100, 3_000]) ?? 0
      world.loop.after(ms, () => world.start(index))
      return `server ${index + 1} crashes and starts again after ${ms} ms`
    },
  },
  {
    name: 'restart',
    share: 2,
    fault: 'restart',
    act(world, random) {
      const index = random.below(world.setup.servers)
      void world.stop(index).then(() => world.start(index))
      return `server ${index + 1} is restarted in good order`
    },
  },
  {
    name: 'clock',
    share: 2,
    fault: 'clock',
    act(world, random) {
      const ms = random.pick([-3_600_000, -5_000, 50, 5_000, 3_600_000]) ?? 0
      world.setClocks(world.aheadMs + ms)
      return `the clocks jump by ${ms} ms`
    },
  },
  ...storeTrouble,
]
