import { emptyView, foldView, type SessionView } from '@headrace/core'
import { expect, test } from 'vitest'
import { isLandmark } from '../../src/replay/landmark.ts'
import { maxPauseMs, play } from '../../src/replay/pace.ts'
import { Player } from '../../src/replay/player.ts'
import { Tape, type Shown, type TapeSource } from '../../src/replay/tape.ts'
import { scenes } from '../fixture/scenes.ts'

const { log } = scenes.long()
const viewAt = (seq: number): SessionView => log.slice(0, seq).reduce(foldView, emptyView('incidents/long'))

/** The log as a server gives it: in pages that are shorter than what was asked for. */
function source(asked: string[] = []): TapeSource {
  return {
    session: 'incidents/long',
    view: async (at) => {
      asked.push(`view ${at}`)
      return viewAt(at)
    },
    events: async (after, limit) => {
      asked.push(`events ${after}`)
      return log.slice(after, after + Math.min(limit, 300))
    },
  }
}

const head = log.length

test('S4e: at any place a tape shows the fold of the log up to there', async () => {
  const tape = new Tape(source(), 0)
  for (const seq of [1, 2, head, 299, 300, 301, head - 1]) {
    const { view, event } = await tape.at(seq)
    expect(view).toEqual(viewAt(seq))
    expect(event).toBe(log[seq - 1])
  }
})

test('S4e: a tape that begins late begins with the view of the server, and asks for no place twice', async () => {
  const asked: string[] = []
  const tape = new Tape(source(asked), 100)
  expect((await tape.at(100)).view.seq).toBe(100)
  expect(await tape.at(120)).toEqual({ view: viewAt(120), event: log[119] })
  await tape.at(121)
  expect(asked).toEqual(['view 100', 'events 100'])
})

test('a failure to load is not kept', async () => {
  let fails = true
  const from = source()
  const tape = new Tape(
    { ...from, events: (...page) => (fails ? Promise.reject(new Error('away')) : from.events(...page)) },
    0,
  )
  await expect(tape.at(5)).rejects.toThrow('away')
  fails = false
  expect((await tape.at(5)).view.seq).toBe(5)
})

const event = (seq: number, at: number): Shown => ({ seq, at, type: 'hidden' })

test('playing takes the time that it took, but for long pauses', () => {
  const events = [event(2, 100), event(3, 100), event(4, 250), event(5, 1_000_000)]
  expect(play(event(1, 0), events, 99)).toEqual({ seq: 1, restMs: 99 })
  expect(play(event(1, 0), events, 100)).toEqual({ seq: 3, restMs: 0 })
  expect(play(event(1, 0), events, 260)).toEqual({ seq: 4, restMs: 10 })
  expect(play(event(1, 0), events, 250 + maxPauseMs)).toEqual({ seq: 5, restMs: 0 })
  // A clock that went back plays on.
  expect(play(event(1, 500), [event(2, 100)], 0).seq).toBe(2)
})

/** A player whose frames are called by hand. */
function playerAt(seq: number): { readonly player: Player; readonly frame: (now: number) => Promise<void> } {
  let next: ((now: number) => void) | undefined
  const player = new Player({
    tape: new Tape(source(), 0),
    head: () => head,
    seq,
    frame: (callback) => {
      next = callback
      return () => (next = undefined)
    },
  })
  const frame = async (now: number): Promise<void> => {
    next?.(now)
    // Pages come in microtasks here.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { player, frame }
}

test('a player jumps between the places where something happens, and stops at both ends', async () => {
  const { player } = playerAt(1)
  const places: number[] = []
  while (player.get().seq < head) {
    await player.jump(1)
    places.push(player.get().seq)
  }
  expect(places).toEqual(log.filter((each) => each.seq > 1 && isLandmark(each)).map(({ seq }) => seq))
  for (let back = places.length; back > 0; back -= 1) await player.jump(-1)
  expect(player.get().seq).toBe(1)
  await player.jump(-1)
  expect(player.get().seq).toBe(1)
  expect(player.get().moment?.view).toEqual(viewAt(1))
})

test('a player plays to the end at its speed, then stands still; asked again it begins anew', async () => {
  const { player, frame } = playerAt(head - 3)
  await frame(0)
  player.setSpeed(20)
  player.play()
  expect(player.get().playing).toBe(true)
  await frame(0)
  for (let now = 0; player.get().playing; now += maxPauseMs / 20) await frame(now)
  expect(player.get()).toMatchObject({ seq: head, playing: false })
  expect(player.get().moment?.view).toEqual(viewAt(head))
  player.play()
  expect(player.get()).toMatchObject({ seq: 1, playing: true })
  player.go(head + 1_000)
  expect(player.get()).toMatchObject({ seq: head, playing: false })
  player.close()
})
