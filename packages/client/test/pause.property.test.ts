import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startFaultProxy } from '@headrace/testing'
import { Peers, reaches, run } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { settle } from './support/until.ts'
import type { Message } from '@headrace/core'

type Step =
  | { readonly type: 'says'; readonly words: number }
  | { readonly type: 'pauses' | 'resumes' | 'takes-floor' | 'hands-back' | 'breaks' | 'turns' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('says' as const), words: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('pauses' as const, 'resumes' as const, 'takes-floor' as const, 'hands-back' as const)
      .map((type) => ({ type })),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'breaks' as const }) },
  { weight: 3, arbitrary: fc.constant({ type: 'turns' as const }) },
)

test('C6 C8 L3: whenever a run is held and however its connection breaks, nothing is lost or doubled', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const proxy = await startFaultProxy({ target: server.port })
  const sources = new Map<string, { readonly stream: ReadableStream<string>; readonly begun: () => void }>()
  await peers.worker(
    async (agent) => {
      const source = sources.get(agent.session)
      source?.begun()
      if (source) await agent.pipe(source.stream)
    },
    { url: `http://127.0.0.1:${proxy.port}` },
  )
  const client = await peers.client()
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), async (steps) => {
      const session = client.session(`s/${(count += 1)}`)
      const source = new TransformStream<string, string>(undefined, { highWaterMark: Infinity })
      const tokens = source.writable.getWriter()
      const begun = Promise.withResolvers<void>()
      sources.set(session.id, { stream: source.readable, begun: begun.resolve })
      const stop = session.subscribe(() => undefined)
      await session.create()
      await session.send('go')
      const { id } = await run(session, ({ status }) => status === 'active')
      await begun.promise // a worker that never heard of its run loses it, which is another rule
      const words: string[] = []
      for (const action of steps) {
        switch (action.type) {
          case 'says':
            for (let index = 0; index < action.words; index += 1) {
              words.push(`${words.length} `)
              void tokens.write(words.at(-1))
            }
            break
          case 'pauses':
            await session.pause(id)
            break
          case 'resumes':
            await session.resume(id)
            break
          case 'takes-floor':
            await session.takeFloor()
            break
          case 'hands-back':
            await session.handBack()
            break
          case 'breaks':
            proxy.reset()
            break
          case 'turns':
            await settle()
            break
          default:
            action satisfies never
        }
      }
      const held = textOfAnswer(session.getSnapshot().view.messages)
      await session.handBack()
      await session.resume(id)
      void tokens.close()
      await reaches(session, ({ runs }) => runs[0]?.status === 'ended')
      const text = textOfAnswer(session.getSnapshot().view.messages)
      expect(text).toBe(words.join(''))
      expect(text.startsWith(held)).toBe(true)
      expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'complete', attempt: 1 }])
      stop()
      sources.delete(session.id)
    }),
    { numRuns: Number(process.env['HEADRACE_RUNS'] ?? 60) },
  )
  await proxy.close()
})

function textOfAnswer(messages: readonly Message[]): string {
  const parts = messages.filter(({ role }) => role === 'assistant').flatMap((message) => message.parts)
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
