import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react'
import { HeadraceError } from '@headrace/core'
import type { Client } from '../client.ts'
import { Views, type SessionViews } from './seed.ts'

const Context = createContext<Client | undefined>(undefined)

export interface HeadraceProviderProps {
  /** Made by `connect`; whoever made it closes it. */
  readonly client: Client
  /**
   * Sessions as `client.view` gave them on the server that renders the page: they are shown until the sessions have come.
   * Send them with the page and give the same ones to hydrate with.
   */
  readonly views?: SessionViews
  readonly children?: ReactNode
}

/**
 * Gives a client to the hooks below it.
 *
 * @example
 * ```tsx
 * const client = connect({ url, token })
 * root.render(<HeadraceProvider client={client}><App /></HeadraceProvider>)
 * ```
 */
export function HeadraceProvider({ client, views, children }: HeadraceProviderProps): ReactElement {
  const below = views ? createElement(Views.Provider, { value: views }, children) : children
  return createElement(Context.Provider, { value: client }, below)
}

/**
 * The client of the nearest `HeadraceProvider`.
 *
 * @example
 * ```tsx
 * const client = useHeadrace()
 * const drop = () => client.drop()
 * ```
 * @throws HeadraceError `bad_request` when there is no provider above
 */
export function useHeadrace(): Client {
  const client = useContext(Context)
  if (!client)
    throw new HeadraceError('bad_request', 'There is no HeadraceProvider above this component. Put one around the app.')
  return client
}
