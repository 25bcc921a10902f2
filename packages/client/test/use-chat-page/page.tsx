import { DefaultChatTransport, WebSocketChatTransport, type ChatTransport, type UIMessage } from 'ai'
import { StrictMode, useEffect, useState, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect } from '@headrace/client'
import { HeadraceChatTransport } from '@headrace/client/ai-sdk'
import { useChatSync } from '@headrace/client/react'
import { Chat } from './chat.tsx'

const {
  url = '',
  token = '',
  chat = 's',
  door = 'own',
} = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
Object.assign(globalThis, { statuses: [] })

const headers = { Authorization: `Bearer ${token}` }

/** The chat with a transport of the AI SDK's own, as its page is written: it loads what there is and resumes. */
function stock(): ReactNode {
  const transport: ChatTransport<UIMessage> =
    door === 'http'
      ? new DefaultChatTransport({ api: `${url}/v1/ai-sdk/chat`, headers })
      : new WebSocketChatTransport({ url: `${url}/v1/ai-sdk/ws`, headers })
  return <Stock transport={transport} />
}

function Stock({ transport }: { readonly transport: ChatTransport<UIMessage> }): ReactNode {
  const [messages, setMessages] = useState<UIMessage[]>()
  useEffect(() => {
    void fetch(`${url}/v1/ai-sdk/chat/${encodeURIComponent(chat)}/messages`, { headers })
      .then((answer) => answer.json())
      .then((answer: { messages: UIMessage[] }) => setMessages(answer.messages))
  }, [])
  if (!messages) return null
  return <Chat id={chat} transport={transport} messages={messages} useSync={() => ({ connection: 'live' })} />
}

/** The chat with our transport. */
function own(): ReactNode {
  const client = connect({ url, token, backoff: { minMs: 20, maxMs: 100 } })
  return <Page transport={new HeadraceChatTransport<UIMessage>({ client })} />
}

function Page({ transport }: { readonly transport: HeadraceChatTransport<UIMessage> }): ReactNode {
  const [here, setHere] = useState(true)
  return (
    <>
      <button onClick={() => setHere(!here)}>{here ? 'Leave' : 'Come back'}</button>
      {here && <Chat id={chat} transport={transport} useSync={(helpers) => useChatSync(transport, helpers)} />}
    </>
  )
}

const style = document.head.appendChild(document.createElement('style'))
style.textContent = `
  body { font: 15px/1.5 system-ui; margin: 1rem auto; max-width: 44rem; }
  header span { color: #666; margin-left: .75rem }
  article { margin: .5rem 0; padding: .25rem .75rem; border-radius: .5rem; background: #f1f3f5 }
  article[data-role=user] { background: #dbe9ff; margin-left: 4rem }
  form { display: flex; gap: .5rem; margin-top: 1rem } input { flex: 1 }
`
createRoot(document.body.appendChild(document.createElement('div'))).render(
  <StrictMode>{door === 'own' ? own() : stock()}</StrictMode>,
)
