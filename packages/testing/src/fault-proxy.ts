import { createServer, connect, type Socket } from 'node:net'

/** Settings of {@link startFaultProxy}. */
export interface FaultProxyOptions {
  /** Port of the server behind the proxy. */
  readonly target: number
  /** Host of that server. Default: loopback. */
  readonly host?: string
  /** Port to listen on; default any free one. */
  readonly port?: number
}

/** What the network does to the connections through a proxy. */
export interface FaultProxy {
  readonly port: number
  /** Open connections. */
  readonly connections: number
  /** Resets every connection, as a network that breaks does. Returns how many there were. */
  reset(): number
  /** Resets each connection after it has passed so many more bytes to the client; `undefined` stops doing so. */
  resetAfter(bytes: number | (() => number) | undefined): void
  /** Refuses new connections while on. */
  refuse(on: boolean): void
  /** Holds back all bytes in both directions while on: the connections stay open and nothing arrives. */
  stall(on: boolean): void
  /** Passes bytes on in pieces of at most so many; `undefined` passes them as they come. */
  split(bytes: number | undefined): void
  close(): Promise<void>
}

/**
 * A TCP proxy on loopback that does to a server's connections what networks do: resets them at any byte, refuses them,
 * stalls them half-open, cuts frames into pieces.
 *
 * @example
 * ```ts
 * const proxy = await startFaultProxy({ target: 4400 })
 * const client = connect({ url: `http://127.0.0.1:${proxy.port}`, token })
 * proxy.reset()
 * ```
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let nextReset: (() => number) | undefined
  let refusing = false
  let stalled = false
  let piece: number | undefined

  const server = createServer({ noDelay: true }, (client) => {
    if (refusing) return void client.resetAndDestroy()
    const upstream = connect({ port: options.target, host: options.host ?? '127.0.0.1', noDelay: true })
    const pair = [client, upstream] as const
    pairs.add(pair)
    let left = nextReset?.() ?? Infinity
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    const pass = (from: Socket, to: Socket, limited: boolean): void => {
      from.on('data', (chunk: Buffer) => {
        const whole = limited && chunk.length > left ? chunk.subarray(0, left) : chunk
        if (limited) left -= whole.length
        let blocked = false
        for (const bytes of pieces(whole, piece)) blocked = !to.write(bytes) || blocked
        if (left <= 0) return reset(pair)
        if (!blocked) return
        from.pause()
        to.once('drain', () => !stalled && from.resume())
      })
      from.on('end', () => to.end())
      from.on('error', end)
      from.on('close', end)
    }
    pass(client, upstream, false)
    pass(upstream, client, true)
    if (stalled) for (const socket of pair) socket.pause()
  })
  const reset = (pair: readonly [Socket, Socket]): void => {
    pairs.delete(pair)
    pair[0].resetAndDestroy()
    pair[1].destroy()
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    port,
    get connections() {
      return pairs.size
    },
    reset() {
      const count = pairs.size
      for (const pair of pairs) reset(pair)
      return count
    },
    resetAfter(bytes) {
      nextReset = typeof bytes === 'number' ? () => bytes : bytes
    },
    refuse(on) {
      refusing = on
    },
    stall(on) {
      stalled = on
      for (const pair of pairs)
        for (const socket of pair)
          if (on) socket.pause()
          else socket.resume()
    },
    split(bytes) {
      piece = bytes
    },
    async close() {
      for (const pair of pairs) reset(pair)
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function* pieces(bytes: Buffer, size: number | undefined): Generator<Buffer> {
  const step = size ?? bytes.length
  for (let start = 0; start < bytes.length; start += step) yield bytes.subarray(start, start + step)
}
