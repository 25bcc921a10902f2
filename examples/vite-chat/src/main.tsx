import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect } from '@headrace/client'
import { Composer, Conversation, HeadraceProvider, Requests, StopButton } from '@headrace/client/react'

// The address names the session, so that a reload and another tab come back to it.
if (!location.hash) location.replace(`#chat/${crypto.randomUUID()}`)
const session = location.hash.slice(1)

const token = async (): Promise<string> => (await fetch('/token')).text()
const client = connect({ url: location.origin, token })
await client.session(session).create()

const root = document.querySelector('#root')
if (!root) throw new Error('the page has no #root')
createRoot(root).render(
  <StrictMode>
    <HeadraceProvider client={client}>
      <main>
        <h1>Chat</h1>
        <Conversation session={session} empty="Say something." />
        <Requests session={session} />
        <StopButton session={session} />
        <Composer session={session} />
      </main>
    </HeadraceProvider>
  </StrictMode>,
)
