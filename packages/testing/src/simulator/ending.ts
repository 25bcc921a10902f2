/**
 * The end of a simulation: everything heals, and then what should happen must happen. After that all is closed, and
 * nothing may be left.
 */
import { sameRow, sessionRow, splitKey, systemGrant, type SessionView } from '@headrace/core'
import type { History } from './history.ts'
import type { World } from './world.ts'
import { difference } from './link-audit.ts'
import { Caretaker } from './caretaker.ts'
import { Host } from './host.ts'
import { checkStore } from './store-check.ts'

/** Virtual time after which what has not happened never will. */
const patienceMs = 400_000

/** How long a step of a simulated handler takes at most. */
const longestWorkMs = 3_000

/** Steps between two looks at what is left. */
const lookEvery = 8

/** Steps in which something always still happens: a storm that does not end. */
const maxSteps = 60_000

/** A client lets go of a session a moment after nobody looks at it. */
const lookAgainMs = 2_000

export async function end(world: World): Promise<void> {
  heal(world)
  const caretaker = new Caretaker(world)
  await quiet(world, answersLeft)
  if (world.journal.violation) return
  // A server that did not hear of what another one wrote learns of it with the next thing that is asked of it.
  const host = new Host('operator', world.loop)
  for (const session of world.sessions) {
    const body = { type: 'post', parts: [{ kind: 'text', text: 'the end' }] } as const
    void world.ask(host, 'user:operator', { id: world.newName('end-'), session, body })
  }
  await quiet(world, somethingLeft)
  lookAgain(world)
  await quiet(world, somethingLeft)
  if (world.journal.violation) return
  for (const device of world.devices) for (const reader of device.readers.values()) reader.check()
  await checkServer(world, host)
  if (world.setup.redactions === true) await checkStore(world)
  world.hook.audit.checkEnd(world.journal.histories)
  caretaker.stop()
  await close(world)
}

function heal(world: World): void {
  world.isHealing = true
  world.note('end', 'everything heals')
  Object.assign(world.trouble, { down: false, full: false, unknown: 0, flaky: 0 })
  world.tokenMs = 86_400_000
  for (const link of world.links) link.heal()
  const aheadMs = Math.max(0, ...world.servers.map((server) => server.aheadMs))
  for (const server of world.servers) {
    server.aheadMs = aheadMs
    server.process?.host.thaw()
  }
  // One server is enough from here on; what it does not know yet it must find in the store.
  const [first, ...others] = world.servers
  first?.start()
  for (const other of others) {
    other.retire()
    void other.stop()
  }
  for (const device of world.devices) if (!device.isClosed) device.client.setOnline(true)
  for (const worker of world.workers) worker.host.thaw()
  // One more for each: a run may wait for one that it started, and whoever works on it may have no room for that.
  for (const agent of world.setup.agents) world.addWorker(agent)
}

/** Whoever was told that there is no such session, before there was, looks again as a person would. */
function lookAgain(world: World): void {
  for (const device of world.devices) {
    for (const [id, { session }] of Array.from(device.readers)) {
      if (session.getSnapshot().error?.code !== 'session_not_found') continue
      device.unfollow(id)
      device.host.clock.after(lookAgainMs, () => device.follow(id, false))
    }
  }
}

/** Waits until nothing is left to be done. */
async function quiet(world: World, whatIsLeft: WhatIsLeft): Promise<void> {
  const until = world.loop.now + patienceMs
  const last = world.loop.steps + maxSteps
  while (!world.journal.violation) {
    const left = whatIsLeft(world)
    if (left === undefined) return
    for (let step = 0; step < lookEvery; step += 1) {
      if (world.loop.steps >= last || !(await world.loop.step(until))) return world.journal.fail('liveness', left())
    }
  }
}

/** What has not happened yet, or `undefined`. Called often, so it says so in words only when asked. */
type WhatIsLeft = (world: World) => (() => string) | undefined

function answersLeft(world: World): ReturnType<WhatIsLeft> {
  if (world.waiting > 0) return () => `${world.waiting} commands are not answered`
  if (world.stopping > 0) return () => `${world.stopping} servers do not come to an end`
  if (world.hook.isBusy) return () => 'the agent that is called is not done'
  if (world.puller.isBusy) return () => 'the agent without a socket is not done'
  return undefined
}

function somethingLeft(world: World): ReturnType<WhatIsLeft> {
  const answers = answersLeft(world)
  if (answers) return answers
  for (const history of world.journal.histories) {
    const open = history.state.view.runs.find((run) => run.status !== 'ended')
    if (open) return () => `${history.key}: ${JSON.stringify(open)} has not ended`
  }
  for (const device of world.devices) {
    for (const reader of device.readers.values()) {
      const { head } = world.journal.history(world.key(reader.session.id))
      const { status, view, pending, error } = reader.session.getSnapshot()
      if (head === 0 || error?.code === 'session_not_found') continue
      if (view.seq !== head || status !== 'live' || pending.length > 0) {
        const why = error ? ` (${error.code})` : ''
        return () =>
          `${reader.name} is ${status}${why} at ${view.seq} of ${head}, ${pending.length} of its commands pending`
      }
    }
  }
  return unerased(world) ?? untold(world) ?? wronglyShown(world)
}

/** What was redacted is erased. */
function unerased(world: World): ReturnType<WhatIsLeft> {
  for (const { key, state } of world.journal.histories) {
    const [erasing] = state.guard.erasing
    if (erasing) return () => `${key}: ${erasing.message}, redacted by ${erasing.seq}, is not erased`
  }
  return undefined
}

/** Nobody is forgotten. */
function untold(world: World): ReturnType<WhatIsLeft> {
  if (world.setup.notices !== true) return undefined
  for (const { key, state } of world.journal.histories) {
    const [notice] = state.guard.notices
    if (notice) return () => `${key}: nobody has told ${notice.to} of ${notice.id}`
  }
  return undefined
}

/** Who is shown in a session are those who are there. Servers that share a store know of devices that only another one saw. */
function wronglyShown(world: World): ReturnType<WhatIsLeft> {
  if (world.setup.servers > 1) return undefined
  for (const session of world.sessions) {
    const { head, state } = world.journal.history(world.key(session))
    if (head === 0) continue
    const here = world.devices
      .filter((device) => !device.isClosed)
      .map(({ host }) => world.shown.get(host)?.in(session))
    const expected = here.filter((shown) => shown !== undefined).toSorted()
    const shown = state.view.presence.map(({ actor, device }) => `${actor} ${device}`).toSorted()
    if (expected.join() !== shown.join())
      return () => `${session} shows ${shown.join(', ') || 'nobody'}, and there are ${expected.join(', ') || 'nobody'}`
  }
  return undefined
}

/** What a server says to somebody who comes now must be the fold of the log, and all messages must be there. */
async function checkServer(world: World, host: Host): Promise<void> {
  const reader = systemGrant(world.key('').slice(0, -1))
  for (const history of world.journal.histories) {
    if (history.head === 0) continue
    const found = await askedUntil(world, history, () => world.http(host, (server) => server.view(history.key, reader)))
    if (found && JSON.stringify(found) !== history.viewText(found.seq, reader)) {
      const why = difference(found, history.view(found.seq, reader))
      world.journal.fail('state-is-fold', `${history.key}: asked at ${history.head}: ${why}`)
    }
    const wrong = await wronglyListed(world, history)
    if (wrong !== undefined) world.journal.fail('state-is-fold', `${history.key} is listed as ${wrong}`)
    if (!(await coldIsStored(world, host, history)))
      world.journal.fail('state-is-fold', `${history.key}: the messages that went cold are not those that are stored`)
  }
}

/** What somebody said last and did not wait for may arrive while it is looked at. */
async function coldIsStored(world: World, host: Host, { key, cold }: History): Promise<boolean> {
  const reader = systemGrant(splitKey(key).tenant)
  const page = { before: Number.MAX_SAFE_INTEGER, limit: 10_000 }
  for (let tries = 0; tries < 10; tries += 1) {
    const found = await driven(
      world,
      world.http(host, (server) => server.messages(key, reader, page)),
    )
    const stored = `[${found?.rows.map((row) => row.json).join(',')}]`
    if (stored === JSON.stringify(cold.toSorted((a, b) => a.seq - b.seq))) return true
  }
  return false
}

/** What lists, inboxes and servers that start know of it. A compaction that is under way has it due until it is done. */
async function wronglyListed(world: World, history: History): Promise<string | undefined> {
  for (let tries = 0; ; tries += 1) {
    const row = await driven(world, world.store.row(history.key))
    const expected = sessionRow(history.state)
    // Of its metadata there may be another copy.
    if (row && sameRow({ ...row, metadata: expected.metadata }, expected)) return undefined
    if (tries === 100) return `${JSON.stringify(row)}, not ${JSON.stringify(expected)}`
    await driven(world, new Promise<void>((resolve) => void world.loop.after(100, resolve)))
  }
}

/** What is durable this moment, a server may learn the next. */
async function askedUntil(
  world: World,
  history: History,
  ask: () => Promise<SessionView | undefined>,
): Promise<SessionView | undefined> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await driven(world, ask())
    if (found?.seq === history.head) return found
    await driven(world, new Promise<void>((resolve) => void world.loop.after(100, resolve)))
  }
  world.journal.fail('liveness', `${history.key}: no server comes to know of event ${history.head}`)
  return undefined
}

async function close(world: World): Promise<void> {
  const closing: Promise<void>[] = []
  for (const device of world.devices) closing.push(device.close())
  for (const worker of world.workers) closing.push(worker.close())
  await driven(world, Promise.all(closing))
  for (const server of world.servers) await driven(world, server.stop())
  // A handler that does not listen may sleep a little longer than the worker that it belongs to.
  await driven(world, new Promise<void>((resolve) => void world.loop.after(longestWorkMs, resolve)))
  for (const { host } of [...world.devices, ...world.workers]) {
    if (host.timers > 0) world.journal.fail('no-leak', `${host.name} is closed and has ${host.timers} timers`)
  }
}

/** Lets time pass until a promise has settled. */
async function driven<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false
  const watched = promise.finally(() => (settled = true))
  const until = world.loop.now + patienceMs
  while (!settled && (await world.loop.step(until)));
  if (settled) return watched
  world.journal.fail('liveness', 'what was closed or asked for at the end never came to an end')
  return new Promise(() => undefined)
}
