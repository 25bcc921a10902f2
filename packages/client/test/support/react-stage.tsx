/** Components on a page of their own, whose client talks to a model of a server by a wire that tests move. */
import { StrictMode, act, type ReactNode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { expect } from 'vitest'
import { connect, type Client, type ClientOptions } from '@headrace/client'
import { HeadraceProvider } from '@headrace/client/react'
import { FakeClock } from './fake-clock.ts'
import { ModelServer } from './model-server.ts'
import { settle } from './until.ts'

const fixed = { url: 'http://model', token: 't', onError: () => undefined }

export class ReactStage {
  readonly server: ModelServer = new ModelServer()
  readonly clock: FakeClock = new FakeClock()
  readonly client: Client
  readonly place: HTMLElement
  #root: Root | undefined

  constructor(options: Partial<ClientOptions> = {}) {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
    const { server, clock } = this
    server.create()
    const { WebSocket } = server
    this.client = connect({ ...fixed, clock, WebSocket, ...options })
    this.place = document.body.appendChild(document.createElement('div'))
  }

  /** Opens the connection and delivers everything that is on the wire. */
  async deliver(): Promise<void> {
    const { server } = this
    await act(async () => {
      await settle()
      server.link?.socket.open()
      await settle()
      while (server.link?.wire.length) {
        server.deliver(0)
        await settle()
      }
    })
  }

  async render(node: ReactNode, strict = true): Promise<void> {
    this.#root ??= createRoot(this.place)
    const tree = <HeadraceProvider client={this.client}>{node}</HeadraceProvider>
    await act(async () => this.#root?.render(strict ? <StrictMode>{tree}</StrictMode> : tree))
  }

  /** Takes over what a server has rendered; gives what did not fit. */
  async hydrate(html: string, tree: ReactNode): Promise<readonly unknown[]> {
    const problems: unknown[] = []
    this.place.innerHTML = html
    await act(async () => {
      this.#root = hydrateRoot(this.place, tree, { onRecoverableError: (error) => problems.push(error) })
    })
    return problems
  }

  /** Nothing is left: no component, no connection, no timer. */
  async strike(): Promise<void> {
    await act(async () => this.#root?.unmount())
    this.place.remove()
    await this.client.close()
    expect(this.clock.waiting).toBe(0)
  }
}
