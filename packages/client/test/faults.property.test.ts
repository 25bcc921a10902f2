import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textOf, type SessionEvent, type SessionView } from '@headrace/core'
import { connect } from '@headrace/client'
import { FakeClock } from './support/fake-clock.ts'
import { ModelServer } from './support/model-server.ts'
import { settle } from './support/until.ts'

type Step =
  | { readonly type: 'server-posts'; readonly count: number }
  | { readonly type: 'client-posts' }
  /** Frame `index` of those on the wire arrives: 0 is in order, others overtake. `again`: it will arrive once more. */
  | { readonly type: 'arrives'; readonly index: number; readonly again: boolean }
  | { readonly type: 'breaks' }
  | { readonly type: 'time-passes' }
  /** The server forgets the deltas of the past: resuming from before gets a snapshot. */
  | { readonly type: 'compacts' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('server-posts' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ type: 'client-posts' as const }) },
  { weight: 12, arbitrary: fc.constant({ type: 'arrives' as const, index: 0, again: false }) },
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('arrives' as const),
      index: fc.integer({ min: 0, max: 3 }),
      again: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'breaks' as const }) },
  { weight: 6, arbitrary: fc.constant({ type: 'time-passes' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'compacts' as const }) },
)

test('L3 S2 S3: whatever is lost, doubled or late, a reader ends with the log of the server, each event once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.option(fc.constant(0), { nil: undefined }),
      async (steps, after) => {
        const server = new ModelServer()
        server.create()
        const clock = new FakeClock()
        const client = connect({
          url: 'http://model',
          token: 't',
          clock,
          WebSocket: server.WebSocket,
          onError: () => undefined,
        })
        const session = client.session('s', after === undefined ? {} : { after })
        const journal: SessionEvent[] = []
        const jumps: SessionView[] = []
        session.onSnapshot((view) => jumps.push(view))
        session.onEvent((event) => journal.push(event))
        const asked: string[] = []
        const answers: Promise<unknown>[] = []
        let answered = 0

        const run = async (action: Step): Promise<void> => {
          switch (action.type) {
            case 'server-posts':
              for (let count = 0; count < action.count; count += 1) server.post(`server ${server.log.length + 1}`)
              break
            case 'client-posts':
              asked.push(`client ${asked.length}`)
              answers.push(session.post(asked.at(-1)!).then(() => (answered += 1)))
              break
            case 'arrives':
              // The welcome comes first on any connection; nothing overtakes it.
              server.deliver(
                client.status.state === 'online' ? action.index : 0,
                action.again && client.status.state === 'online',
              )
              break
            case 'breaks':
              server.break()
              break
            case 'time-passes':
              clock.runNext()
              await settle()
              server.link?.socket.open()
              break
            case 'compacts':
              server.floor = server.log.length
              break
            default:
              action satisfies never
          }
          await settle()
        }
        for (const action of steps) await run(action)

        // From here on the network works.
        const all = (): boolean => session.getSnapshot().view.seq === server.log.length && answered === asked.length
        server.post('the end')
        for (let turn = 0; !all() && turn < 200; turn += 1)
          await run(server.link?.wire.length ? { type: 'arrives', index: 0, again: false } : { type: 'time-passes' })
        await Promise.all(answers)
        expect(session.getSnapshot().pending).toEqual([])

        expect(session.getSnapshot().view).toEqual(server.state.view)
        // Every event after the snapshot was given once and in order; a later snapshot may stand for some.
        const given = journal.map(({ seq }) => seq)
        expect(given).toEqual([...new Set(given)].sort((a, b) => a - b))
        expect(journal).toEqual(journal.map(({ seq }) => server.log[seq - 1]))
        const stands = jumps.length > 0 ? jumps.at(-1)!.seq : 0
        expect(given.filter((seq) => seq > stands)).toEqual(server.log.slice(stands).map(({ seq }) => seq))
        // With no snapshot in the middle there is no hole in what was given.
        if (jumps.length < (after === undefined ? 2 : 1))
          expect(given).toEqual(server.log.slice(server.log.length - given.length).map(({ seq }) => seq))
        // Each command was applied once, in the order it was asked.
        const said = server.log.flatMap((event) =>
          event.type === 'message.added' ? event.data.parts.flatMap((part) => ('text' in part ? [part.text] : [])) : [],
        )
        expect(said.filter((text) => text?.startsWith('client'))).toEqual(asked)
        const { messages, view } = session.getSnapshot()
        expect(messages.length).toBeGreaterThanOrEqual(view.messages.length)
        expect(messages.map(textOf)).toEqual(said.slice(-messages.length))
        await client.close()
        expect(clock.waiting).toBe(0)
      },
    ),
    { numRuns: Number(process.env['HEADRACE_RUNS'] ?? 300) },
  )
})
