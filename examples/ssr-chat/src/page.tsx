import { StrictMode, type ReactNode } from 'react'
import type { Client } from '@headrace/client'
import {
  Composer,
  Conversation,
  HeadraceProvider,
  Requests,
  StopButton,
  type SessionViews,
} from '@headrace/client/react'

export interface PageProps {
  readonly client: Client
  readonly session: string
  /** What it was rendered with on the server. */
  readonly views: SessionViews
}

/** The same on the server and in the browser. */
export function Page({ client, session, views }: PageProps): ReactNode {
  return (
    <StrictMode>
      <HeadraceProvider client={client} views={views}>
        <main>
          <h1>Chat</h1>
          <Conversation session={session} empty="Say something." />
          <Requests session={session} />
          <StopButton session={session} />
          <Composer session={session} />
        </main>
      </HeadraceProvider>
    </StrictMode>
  )
}
