import { Client } from 'pg'
import { missingPostgres, startPostgres } from '../lib/postgres-server.ts'
import { record } from './durable-streams.ts'
import { readingsOf, runningAt, type Driver, type Load, type Running, type System } from '../tokens/system.ts'

/** Connections beyond those of readers: the writer, and those that PostgreSQL keeps for itself. */
const spare = 20

export const postgresNotify: System = {
  name: 'postgres listen/notify',
  kept: 'on disk, then shown',
  promise: 'Accepted: committed, with its log synced. Readers get theirs after that.',
  use: 'One table, and a channel per session, no web tier: events that come while a transaction is under way share the next one, which inserts them and notifies. Each reader listens on a connection of its own. A browser cannot connect so.',
  missing: missingPostgres,
  start,
  open,
}

/** The most readers that a default load of this bench has, so that one server serves all loads. */
const maxReaders = 1_000

async function start(directory: string): Promise<Running> {
  const postgres = await startPostgres(directory, maxReaders + spare)
  return runningAt(`postgres://bench@127.0.0.1:${postgres.port}/postgres`, postgres)
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const clients: Client[] = []
  const dial = async (): Promise<Client> => {
    const client = new Client(address)
    await client.connect()
    clients.push(client)
    return client
  }
  const writing = await dial()
  await writing.query('create table events (id bigserial primary key, session int not null, data text not null)')
  const readings = readingsOf(load)
  for (const { subscriber, sessions } of readings) {
    const client = await dial()
    const hear = reader(subscriber)
    client.on('notification', ({ payload }) => hear(payload ?? ''))
    for (const session of sessions) await client.query(`listen s${session}`)
  }
  const writer = new Writer(writing)
  return {
    connections: { writing: 1, reading: readings.length },
    publish: (session, text) => writer.write(session, record(session, text, load.eventBytes)),
    close: () => clients.forEach((client) => void client.end().catch(() => undefined)),
  }
}

class Writer {
  readonly #client: Client
  #sessions: number[] = []
  #events: string[] = []
  #isBusy = false

  constructor(client: Client) {
    this.#client = client
  }

  write(session: number, event: string): void {
    this.#sessions.push(session)
    this.#events.push(event)
    if (!this.#isBusy) void this.#send()
  }

  async #send(): Promise<void> {
    this.#isBusy = true
    while (this.#events.length > 0) {
      const values = [this.#sessions, this.#events]
      this.#sessions = []
      this.#events = []
      await this.#client.query(
        `with kept as (insert into events (session, data) select * from unnest($1::int[], $2::text[]) returning session, data)
         select pg_notify('s' || session, data) from kept`,
        values,
      )
    }
    this.#isBusy = false
  }
}
