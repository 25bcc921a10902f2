import { HeadraceConnection } from '../lib/headrace-connection.ts'
import { beginRuns } from '../lib/run-writer.ts'
import { serveHeadrace } from '../lib/serve-headrace.ts'
import { countMarkers, payload, watcher, type WatchedSystem } from './system.ts'

const session = 'watched'

export const headrace: WatchedSystem = {
  name: 'headrace',
  use: '`headrace serve` with its embedded store. Resumes by subscribing after the last seq.',
  start: (directory) => serveHeadrace(directory),

  async writer(address) {
    const { url, token } = JSON.parse(address) as { url: string; token: string }
    const connection = await HeadraceConnection.open(url, token)
    const writers = await beginRuns(connection, [session])
    const run = writers.get(session)!
    return (count) =>
      new Promise((resolve) => {
        for (let index = 0; index < count; index += 1)
          run.write({ op: 'delta', message: 'm', part: 'p', text: payload })
        run.whenIdle(resolve)
      })
  },

  async watch(address) {
    const { url, token } = JSON.parse(address) as { url: string; token: string }
    let heard = 0
    let after: number | undefined
    const hear = (text: string): void => {
      heard += countMarkers(text)
      const last = text.lastIndexOf('"seq":')
      after = Number.parseInt(text.slice(last + 6), 10)
    }
    const open = async (): Promise<HeadraceConnection> => {
      const opened = await HeadraceConnection.open(url, token, hear)
      opened.send({ type: 'subscribe', session, after: after ?? 0 })
      return opened
    }
    return watcher({ open, drop: (connection) => connection.close(), heard: () => heard })
  },
}
