/** Plays a world of streams, their writers, readers and workers from one number, and asks at the end what must have happened. */
import { HeadraceError, fitsPattern, type SubscriptionConfig } from '@headrace/core'
import { Random } from '../random.ts'
import { streamMoves } from './moves.ts'
import { makeStreamPlan, type StreamPlan } from './plan.ts'
import { StreamWorld, type StreamViolation } from './world.ts'
import type { StreamSubject } from './subject.ts'

export interface StreamSimulation {
  readonly seed: number
  readonly plan: StreamPlan
  readonly violation: StreamViolation | undefined
  /** Lines, if they were asked for. */
  readonly trace: readonly string[]
  readonly counts: { readonly steps: number; readonly calls: number }
}

/** Virtual time after which what has not happened never will. */
const patienceMs = 150_000
const maxSteps = 60_000
/** What is tried again, or read again from a store that is shared, may come so late. */
const settlingMs = 12_000
/** So long nobody may be called when there is nothing to do. */
const stillMs = 60_000

/** Plays one seed. */
export async function simulateStreams(options: {
  readonly seed: number
  readonly subject: StreamSubject
  readonly plan?: StreamPlan
  readonly trace?: boolean
}): Promise<StreamSimulation> {
  await new Promise((resolve) => void setImmediate(resolve))
  const { seed, subject, plan = makeStreamPlan(seed, streamMoves), trace = false } = options
  const world = new StreamWorld(plan, subject, trace)
  for (const { at, name, roll } of plan.moves) {
    world.loop.after(at, () => {
      const text = streamMoves.find((move) => move.name === name)?.act(world, new Random(roll))
      if (text !== undefined) world.note('—', text)
    })
  }
  const until = world.loop.now + (plan.moves.at(-1)?.at ?? 0)
  while (!world.violation && (await world.loop.step(until)));
  if (!world.violation) await end(world)
  const { violation, loop, receiver } = world
  return { seed, plan, violation, trace: world.trace ?? [], counts: { steps: loop.steps, calls: receiver.calls } }
}

async function end(world: StreamWorld): Promise<void> {
  world.isHealing = true
  world.note('end', 'everything heals')
  Object.assign(world.trouble, { down: false, full: false, unknown: 0, flaky: 0 })
  for (let index = 0; index < world.setup.servers; index += 1) world.start(index)
  await driven(world, quiet(world))
  if (world.violation) return
  const before = world.receiver.calls
  await driven(world, world.pause(stillMs))
  if (world.receiver.calls > before)
    world.fail('woken', `somebody is called ${world.receiver.calls - before} times though nothing is new`)
  await driven(world, checkStreams(world))
  world.receiver.stop()
  for (let index = 0; index < world.setup.servers; index += 1) await driven(world, world.stop(index))
}

/** Lets time pass until something has come to its end. */
async function driven(world: StreamWorld, work: Promise<void>): Promise<void> {
  let isSettled = false
  const watched = work.finally(() => (isSettled = true))
  const until = world.loop.now + 2 * patienceMs
  const last = world.loop.steps + maxSteps
  while (!isSettled && !world.violation && world.loop.steps < last && (await world.loop.step(until)));
  if (isSettled) return watched
  world.fail('woken', 'what was asked for at the end never came to an end')
}

/** Waits until everybody has their answer and all that is new was handled, and stays so for a while. */
async function quiet(world: StreamWorld): Promise<void> {
  const until = world.loop.now + patienceMs
  let since: number | undefined
  for (;;) {
    const left = world.waiting > 0 ? `${world.waiting} wait for an answer` : await unhandled(world)
    const { now } = world.loop
    since = left === undefined ? (since ?? now) : undefined
    if (world.violation || (since !== undefined && now - since >= settlingMs)) return
    if (left !== undefined && now >= until) return world.fail('woken', left)
    await world.pause(left === undefined ? settlingMs : 1_000)
  }
}

/** What nobody has worked on, in words. */
async function unhandled(world: StreamWorld): Promise<string | undefined> {
  for (const [name, { config }] of world.subscribed) {
    const state = await world.insist((server) => server.state(name)).catch(() => undefined)
    if (!state) return `${name} is gone`
    const linked = new Set(state.links.map(({ path }) => path))
    if (state.wake) return `${name} is ${state.wake.status} (generation ${state.generation})`
    for (const { path, acked } of state.links) {
      const tail = await tailOf(world, path)
      if (tail > acked) return `${name}: ${path} is handled up to ${acked} of ${tail}, and nobody works on it`
    }
    const unknown = [...world.journal.paths.keys()].filter((path) => !linked.has(path) && takesIn(config, path))
    for (const path of unknown) if ((await tailOf(world, path)) > 0) return `${name} does not know of ${path}`
  }
  return undefined
}

function takesIn({ pattern }: SubscriptionConfig, path: string): boolean {
  return pattern !== undefined && fitsPattern(pattern, path)
}

/** 0 where there is no stream. */
async function tailOf(world: StreamWorld, path: string): Promise<number> {
  try {
    const { tail } = await world.insist((server) => server.read(path, Number.MAX_SAFE_INTEGER))
    return tail
  } catch (thrown) {
    if (HeadraceError.from(thrown).retry !== 'never') throw thrown
    return 0
  }
}

async function checkStreams(world: StreamWorld): Promise<void> {
  for (const [path, id] of world.journal.paths) {
    try {
      const read = await world.insist((server) => server.read(path, 0))
      const kept = world.journal.kept.get(path)
      if (kept !== undefined && read.id !== kept) world.fail('acked-is-kept', `${path} is another stream by now`)
      world.journal.check(path, read)
    } catch (thrown) {
      const { code } = HeadraceError.from(thrown)
      if (!world.journal.removedAt.has(path)) world.fail('acked-is-kept', `${path} (${id}) is gone: ${code}`)
    }
  }
}
