import { connect } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { Pacer } from '../tokens/pacer.ts'
import { mark, scan } from '../tokens/mark.ts'
import type { Load, System } from '../tokens/system.ts'

export interface ControlOptions {
  readonly samples: number
  /** Other sessions that stream meanwhile, each with one reader. */
  readonly streams: number
}

const background = (streams: number): Load => ({
  sessions: Math.max(1, streams),
  subscribers: 1,
  rate: 50,
  outstanding: 0,
  eventBytes: 150,
  sessionsPerConnection: 50,
})

/** Milliseconds from a person's cancel to the abort signal of the run's handler. */
export async function control(
  system: System,
  address: string,
  { samples, streams }: ControlOptions,
): Promise<readonly number[]> {
  const { url, token } = JSON.parse(address) as { url: string; token: string }
  const busy = streams > 0 ? await stream(system, address, streams) : undefined
  let working = Promise.withResolvers<void>()
  let aborted = Promise.withResolvers<number>()
  const worker = createWorker({
    url,
    token,
    agent: 'control',
    async handler(run) {
      run.signal.addEventListener('abort', () => aborted.resolve(performance.now()))
      await run.text('at work')
      working.resolve()
      await aborted.promise
    },
  })
  const client = connect({ url, token })
  const times: number[] = []
  for (let sample = 0; sample < samples; sample += 1) {
    working = Promise.withResolvers()
    aborted = Promise.withResolvers()
    const session = client.session(`control/${sample}`)
    await session.create({ agent: 'control' })
    await session.send('go')
    await working.promise
    const began = performance.now()
    const cancelled = session.cancel()
    times.push((await aborted.promise) - began)
    await cancelled
  }
  busy?.stop()
  await Promise.all([worker.close(), client.close()])
  return times
}

/** Milliseconds from one client's message to another client having it. */
export async function relay(
  system: System,
  address: string,
  { samples, streams }: ControlOptions,
): Promise<readonly number[]> {
  const load = background(streams)
  let heard = Promise.withResolvers<void>()
  // The first session is the one that is measured.
  const driver = await system.open(address, { ...load, sessions: load.sessions + 1 }, () => {
    let rest = ''
    return (text) => {
      rest = scan(rest + text, (session) => session === 0 && heard.resolve())
    }
  })
  let count = 0
  const emit = (session: number): void => driver.publish(session, mark(session, (count += 1), 0))
  const pacer = streams > 0 ? new Pacer(streams, load.rate, (session) => emit(session + 1)) : undefined
  const times: number[] = []
  for (let sample = 0; sample < samples; sample += 1) {
    heard = Promise.withResolvers()
    const began = performance.now()
    emit(0)
    await heard.promise
    times.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  pacer?.stop()
  driver.close()
  return times
}

async function stream(system: System, address: string, streams: number): Promise<{ stop(): void }> {
  const load = background(streams)
  const driver = await system.open(address, load, () => () => undefined)
  let count = 0
  const pacer = new Pacer(streams, load.rate, (session) => driver.publish(session, mark(session, (count += 1), 0)))
  return {
    stop() {
      pacer.stop()
      driver.close()
    },
  }
}
