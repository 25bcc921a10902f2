/** Whatever two tabs do at the same time, over connections that break, both end with what the session has. */
import { Chat } from '@ai-sdk/react'
import { isToolUIPart, lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBusy, textOf } from '@headrace/core'
import { HeadraceChatTransport } from '@headrace/client/ai-sdk'
import { Peers } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { settle, until } from './support/until.ts'

const act = fc.record({
  tab: fc.integer({ min: 0, max: 1 }),
  do: fc.constantFrom(
    'send',
    'send',
    'regenerate',
    'edit',
    'stop',
    'drop',
    'offline',
    'online',
    'wait',
    'wait',
    'ask',
    'answer',
    'answer',
  ),
})

test('V21 V24: two tabs that send, edit, regenerate, stop and lose their networks agree in the end', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await peers.worker(async (run) => {
    for (const word of ['a ', 'b ', 'c ', textOf(run.input)]) {
      if (run.signal.aborted) return
      await run.text(word)
      await settle()
    }
    if (!textOf(run.input).startsWith('ask')) return
    await run.write({ type: 'tool-call', callId: 'c', name: 'refund', input: {} })
    const may = await run.approve({ callId: 'c' }, { key: 'c', title: 'May I?' })
    await run.write({ type: 'tool-result', callId: 'c', output: may })
    await run.text(may ? ' yes' : ' no')
  })
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 14, size: 'max' }), async (acts) => {
      count += 1
      const id = `pair/${count}`
      const tabs = await Promise.all(
        ['ada', 'bob'].map(async (sub) => {
          const client = await peers.client(sub)
          const transport = new HeadraceChatTransport<UIMessage>({ client, onError: () => undefined })
          // One page sends by itself when all is answered, the other leaves that to the sync.
          const sends = sub === 'ada' && {
            sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
          }
          const chat = new Chat<UIMessage>({ id, transport, ...sends })
          return { client, transport, chat, sync: transport.sync(chat) }
        }),
      )
      const pending: Promise<unknown>[] = []
      for (const [index, { tab, do: what }] of acts.entries()) {
        const { client, chat, sync } = tabs[tab] ?? tabs[0]!
        const input = chat.messages.findLast(({ role }) => role === 'user')
        switch (what) {
          case 'ask':
          case 'send':
            pending.push(chat.sendMessage({ text: `${what}${index}` }))
            break
          case 'edit':
            if (input) pending.push(chat.sendMessage({ text: `e${index}`, messageId: input.id }))
            break
          case 'regenerate':
            if (input) pending.push(chat.regenerate())
            break
          case 'stop':
            pending.push(chat.stop())
            break
          case 'answer': {
            const asked = chat.messages.flatMap(({ parts }) => parts.filter(isToolUIPart))
            const open = asked.find(({ state }) => state === 'approval-requested')
            if (open?.approval) await chat.addToolApprovalResponse({ id: open.approval.id, approved: index % 2 === 0 })
            sync.update()
            break
          }
          case 'drop':
            client.drop()
            break
          case 'offline':
          case 'online':
            client.setOnline(what === 'online')
            break
          case 'wait':
            break
          default:
            what satisfies never
        }
        await settle()
      }
      for (const { client } of tabs) client.setOnline(true)
      const eve = await peers.client('eve')
      const watcher = eve.session(id)
      // What nobody has answered is answered by somebody who comes late.
      const stopDenying = watcher.subscribe(() => {
        for (const request of watcher.getSnapshot().view.requests)
          if (request.status === 'open') void watcher.deny(request).catch(() => undefined)
      })
      await Promise.allSettled(pending)
      if (acts.some(({ do: what }) => what === 'send' || what === 'ask')) {
        await watcher.until(({ view }) => view.seq > 0 && !isBusy(view))
      }
      const all = tabs.map(({ chat }) => chat)
      stopDenying()
      const told = await new HeadraceChatTransport<UIMessage>({ client: eve }).messages(id)
      const isOver = (): boolean =>
        all.every(
          ({ status, messages }) => /ready|error/.test(status) && JSON.stringify(messages) === JSON.stringify(told),
        )
      await until(isOver, (listener) => {
        const stops = all.flatMap((chat) => [
          chat['~registerMessagesCallback'](listener),
          chat['~registerStatusCallback'](listener),
        ])
        return () => stops.forEach((stop) => stop())
      })
      for (const { sync, client } of tabs) {
        sync.close()
        await client.close()
      }
      expect(all[0]?.messages).toEqual(all[1]?.messages)
    }),
    { numRuns: 20, endOnFailure: true },
  )
})
