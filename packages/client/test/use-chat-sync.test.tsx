import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { HeadraceChatTransport } from '@headrace/client/ai-sdk'
import { useChatSync } from '@headrace/client/react'
import { Peers } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'

function Chat({
  transport,
  messages,
}: {
  transport: HeadraceChatTransport<UIMessage>
  messages: UIMessage[]
}): ReactNode {
  const chat = useChat({ id: 's', transport, messages })
  const { connection, hasOlder } = useChatSync(transport, chat)
  return (
    <main>
      {connection} {String(hasOlder)}
      {chat.messages.map((message) => (
        <p key={message.id}>{message.parts.map((part) => (part.type === 'text' ? part.text : ''))}</p>
      ))}
    </main>
  )
}

test('V26: a page is rendered on a server with the messages that are there, and follows nothing there', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await (await peers.session('bob')).post('Hello')
  const client = await peers.client()
  const transport = new HeadraceChatTransport<UIMessage>({ client })
  const html = renderToString(<Chat transport={transport} messages={await transport.messages('s')} />)
  expect(html.replaceAll('<!-- -->', '')).toBe('<main>loading false<p>Hello</p></main>')
  const empty = await transport.messages('nobody/made/this')
  expect(empty).toEqual([])
})
