import { renderToString } from 'react-dom/server'
import type { Client } from '@headrace/client'
import type { SessionViews } from '@headrace/client/react'
import { Page } from './page.tsx'

export function render(client: Client, session: string, views: SessionViews): string {
  return renderToString(<Page client={client} session={session} views={views} />)
}
