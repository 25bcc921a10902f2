/** Tools of the AI SDK that need an approval, asked in a session. */
import { createOpenAI } from '@ai-sdk/openai'
import { jsonSchema, streamText, tool, type ModelMessage } from 'ai'
import { expect, test } from 'vitest'
import { textOf } from '@headrace/core'
import { approveTool, type ApproveOptions } from '@headrace/client/agent'
import { answerApprovals, fromAiSdk } from '@headrace/client/ai-sdk'
import { startModelServer, type Script } from '@headrace/testing/model-server'
import { Peers, answers, ended, request } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import type { RunHandler } from '@headrace/client/agent'

globalThis.AI_SDK_LOG_WARNINGS = false

/** Wants to refund, and then says what came of it. */
const script: Script = ({ toolResults }) =>
  toolResults.length === 0
    ? { steps: [{ type: 'tools', calls: [{ name: 'refund', input: { euros: 30 } }] }] }
    : { steps: [{ type: 'text', text: `I was told: ${toolResults[0]?.output}` }] }

interface Shop {
  readonly handler: RunHandler
  readonly refunds: unknown[]
}

function shop(url: string): Shop {
  const refunds: unknown[] = []
  const refund = tool({
    inputSchema: jsonSchema<{ euros: number }>({ type: 'object', properties: { euros: { type: 'number' } } }),
    needsApproval: true,
    execute: async (input) => {
      refunds.push(input)
      return 'refunded'
    },
  })
  const handler: RunHandler = async (run) => {
    const model = createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).chat('scripted')
    const messages: ModelMessage[] = [{ role: 'user', content: textOf(run.input) }]
    for (;;) {
      const result = streamText({ model, messages, tools: { refund }, abortSignal: run.signal, maxRetries: 0 })
      await run.pipe(fromAiSdk(result.fullStream))
      const approvals = await answerApprovals(run, await result.content, ({ name }) => ({ title: `May I ${name}?` }))
      if (!approvals) return
      messages.push(...(await result.responseMessages), approvals)
    }
  }
  return { handler, refunds }
}

test.each([true, false])('B9: what needs an approval is asked, and the answer counts: %s', async (approved) => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await using models = await startModelServer({ script })
  const { handler, refunds } = shop(models.url)
  await peers.worker(handler)
  const session = await peers.session()
  await session.send({ agent: 'assistant', text: 'I want my money back.' })
  const asked = await request(session, ({ status }) => status === 'open')
  expect(asked.spec).toMatchObject({
    kind: 'approval',
    title: 'May I refund?',
    action: { tool: 'refund', input: { euros: 30 } },
  })
  expect(refunds).toEqual([])
  await (approved ? session.approve(asked) : session.deny(asked))
  await ended(session)
  expect(refunds).toEqual(approved ? [{ euros: 30 }] : [])
  expect(answers(session)[0]).toContain(approved ? 'refunded' : 'denied')
  const tools = session
    .getSnapshot()
    .view.messages.at(-1)
    ?.parts.filter(({ kind }) => kind === 'tool')
  expect(tools).toMatchObject([
    { name: 'refund', ...(approved ? { output: 'refunded' } : { error: 'The call was denied.' }) },
  ])
  expect(peers.errors).toEqual([])
})

test('B9: an approval outlives the worker that asked: it is asked once, and the next one finds the answer', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await using models = await startModelServer({ script })
  const { handler, refunds } = shop(models.url)
  const first = await peers.worker(handler)
  const session = await peers.session()
  await session.send({ agent: 'assistant', text: 'I want my money back.' })
  const asked = await request(session, ({ status }) => status === 'open')
  await first.close({ graceMs: 0 })
  await session.approve(asked)
  await peers.worker(handler)
  server.skip(60_000)
  await ended(session)
  expect(refunds).toEqual([{ euros: 30 }])
  const { requests, runs } = session.getSnapshot().view
  expect(requests.map(({ id }) => id)).toEqual([asked.id])
  expect(runs[0]).toMatchObject({ reason: 'complete', attempt: 2 })
})

test('B9: who is asked sees which tool it is about, also where nobody gave a title', async () => {
  const titles: unknown[] = []
  const run = {
    approve: async (_action: unknown, { title }: ApproveOptions = {}): Promise<boolean> => titles.push(title) > 0,
  }
  await approveTool(run, { name: 'refund', input: {} })
  await approveTool(run, { name: 'refund', input: {} }, { title: 'Refund 30 €?' })
  expect(titles).toEqual(['May refund be called?', 'Refund 30 €?'])
})
