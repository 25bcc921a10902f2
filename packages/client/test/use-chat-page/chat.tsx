/** A chat as people write it with the AI SDK: nothing in here knows of sessions but the one line of the sync. */
import { useChat } from '@ai-sdk/react'
import {
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type ChatTransport,
  type UIMessage,
  type UIMessagePart,
  type UIDataTypes,
  type UITools,
} from 'ai'
import { useState, type FormEvent, type ReactNode } from 'react'

export interface ChatProps {
  readonly id: string
  readonly transport: ChatTransport<UIMessage>
  /** What the page has loaded before. */
  readonly messages?: UIMessage[]
  /** What keeps the chat as its session is. */
  readonly useSync: (chat: ReturnType<typeof useChat<UIMessage>>) => { readonly connection: string }
}

export function Chat({ id, transport, messages: loaded, useSync }: ChatProps): ReactNode {
  const chat = useChat<UIMessage>({
    id,
    transport,
    ...(loaded && { messages: loaded }),
    resume: true,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  })
  const { connection } = useSync(chat)
  const { messages, status, error, sendMessage, stop, regenerate, addToolApprovalResponse } = chat
  const [text, setText] = useState('')
  const seen = (globalThis as { statuses?: string[] }).statuses ?? [] // made by the page, read by the test
  if (seen.at(-1) !== status) seen.push(status)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void sendMessage({ text })
    setText('')
  }
  const busy = status === 'submitted' || status === 'streaming'
  return (
    <main data-status={status} data-connection={connection}>
      <header>
        <b>{id}</b> <span>{status}</span> <span>{connection}</span>
      </header>
      {messages.map((message) => (
        <article key={message.id} data-id={message.id} data-role={message.role}>
          {message.parts.map((part, index) => (
            <Part
              key={index}
              part={part}
              answer={(approval, approved) => void addToolApprovalResponse({ id: approval, approved })}
            />
          ))}
        </article>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={submit}>
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        <button>Send</button>
        {busy && (
          <button type="button" onClick={() => void stop()}>
            Stop
          </button>
        )}
        <button type="button" onClick={() => void regenerate()}>
          Again
        </button>
      </form>
    </main>
  )
}

interface PartProps {
  readonly part: UIMessagePart<UIDataTypes, UITools>
  readonly answer: (approval: string, approved: boolean) => void
}

function Part({ part, answer }: PartProps): ReactNode {
  if (part.type === 'text') return <p>{part.text}</p>
  if (!isToolUIPart(part)) return null
  return (
    <section data-state={part.state}>
      <code>
        {part.type} {JSON.stringify(part.input)} · {part.state}
      </code>
      {part.state === 'approval-requested' && (
        <>
          <button onClick={() => answer(part.approval.id, true)}>Approve</button>
          <button onClick={() => answer(part.approval.id, false)}>Deny</button>
        </>
      )}
      {part.state === 'output-available' && <code> → {JSON.stringify(part.output)}</code>}
    </section>
  )
}
