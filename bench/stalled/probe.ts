import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What the server process says about one connection and about itself. */
export interface Probed {
  /** Bytes that wait in the process for the connection's socket to take them; 0 when it is closed. */
  readonly unsentBytes: number
  readonly rssBytes: number
  /** JavaScript heap in use. */
  readonly heapBytes: number
  /** Memory of buffers, which is not in the heap. */
  readonly bufferBytes: number
}

export interface ProbeQuestion {
  /** Unix socket of the probe. */
  readonly at: string
  /** Port of the connection on the reader's side. */
  readonly port: number
  /** Collect garbage first: holds up the server for a moment. */
  readonly collect: boolean
}

export function probe({ at, port, collect }: ProbeQuestion): Promise<Probed> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: at, path: `/?port=${port}${collect ? '&gc' : ''}` }, (response) => {
      // The probe of this bench wrote it.
      text(response).then((body) => resolve(JSON.parse(body) as Probed), reject)
    })
    asked.once('error', reject).end()
  })
}
