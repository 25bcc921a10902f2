// @vitest-environment happy-dom
import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { act, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, test } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { connect } from '@headrace/client'
import { HeadraceChatTransport } from '@headrace/client/ai-sdk'
import { useChatSync } from '@headrace/client/react'
import { FakeClock } from './support/fake-clock.ts'
import { ModelServer } from './support/model-server.ts'
import { settle } from './support/until.ts'

test('a chat that has no session yet is as live as any: its first message makes one', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  const server = new ModelServer()
  const client = connect({ url: 'http://model', token: 't', clock: new FakeClock(), WebSocket: server.WebSocket })
  const transport = new HeadraceChatTransport<UIMessage>({ client })
  const seen: string[] = []
  function Chat(): ReactNode {
    const { connection } = useChatSync(transport, useChat({ id: 's', transport }))
    if (seen.at(-1) !== connection) seen.push(connection)
    return connection
  }
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  await act(async () => root.render(<Chat />))
  await act(async () => {
    await settle()
    server.link?.socket.open()
    await settle()
    const error = new HeadraceError('session_not_found', 'There is no session s. Create it first.').toWire()
    const wire = server.link?.wire
    while (wire?.length) {
      // The model has a session always.
      if (wire[0]?.type === 'snapshot' || wire[0]?.type === 'subscribed')
        wire[0] = { type: 'unsubscribed', session: 's', error }
      server.deliver(0)
      await settle()
    }
  })
  expect(transport.snapshot('s')).toMatchObject({ status: 'failed', error: { code: 'session_not_found' } })
  expect(seen).toEqual(['loading', 'live'])
  await act(async () => root.unmount())
  await client.close()
})
