import { HeadraceConnection } from '../lib/headrace-connection.ts'
import { beginRuns } from '../lib/run-writer.ts'
import { serveHeadrace } from '../lib/serve-headrace.ts'
import { pad } from '../tokens/mark.ts'
import { readingsOf, type Driver, type Load, type System } from '../tokens/system.ts'

export const headrace: System = {
  name: 'headrace',
  kept: 'on disk, then shown',
  promise: 'Accepted: fsynced, then shown to readers.',
  use: '`headrace serve` with its embedded store and default settings, native protocol over WebSocket. One agent connection carries all runs; a run has one write batch unanswered at a time, and events that come meanwhile share the next one, as its client library does. Readers: one connection each.',
  start: (directory) => serveHeadrace(directory),
  open,
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const { url, token } = JSON.parse(address) as { url: string; token: string }
  const connections: HeadraceConnection[] = []
  const dial = async (hear?: (text: string) => void): Promise<HeadraceConnection> => {
    const connection = await HeadraceConnection.open(url, token, hear)
    connections.push(connection)
    return connection
  }
  const sessions = Array.from({ length: load.sessions }, (_, index) => `s${index}`)
  const working = await dial()
  const writers = await beginRuns(working, sessions)
  const readings = readingsOf(load)
  for (const reading of readings) {
    const connection = await dial(reader(reading.subscriber))
    for (const session of reading.sessions) await connection.subscribe(`s${session}`)
  }
  const inOrder = sessions.map((session) => writers.get(session)!)
  const envelope = inOrder[0]!.envelope
  return {
    connections: { writing: 1, reading: readings.length },
    publish: (session, text) =>
      inOrder[session]!.write({ op: 'delta', message: 'm', part: 'p', text: pad(text, envelope, load.eventBytes) }),
    close: () => connections.forEach((connection) => connection.close()),
  }
}
