import type { SessionEvent, SessionView } from '@headrace/core'
import { openClient } from '../connection/open-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { watchConnection } from '../connection/watch-connection.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { createPaint } from '../terminal/paint.ts'
import { processOutput } from '../terminal/console.ts'
import { createTranscript } from './transcript.ts'

export interface TailOptions extends TargetOptions {
  readonly after?: number
  readonly messages: number
  readonly json?: boolean
}

/**
 * Most bytes that may wait for a slow reader of our output. Where writing to a pipe is synchronous, as on Linux, none do:
 * the reader slows this process down, and the server stops sending until it catches up.
 */
const maxWaitingBytes = 64 * 1_048_576

/** Follows a session until it is interrupted. */
export async function tail(id: string, options: TailOptions): Promise<void> {
  const { after, messages, json } = options
  const client = await openClient(options)
  const transcript = createTranscript(createPaint(process.stdout))
  let last = after

  let fail: (error: Error) => void = () => undefined

  function event(next: SessionEvent): void {
    if (process.stdout.writableLength > maxWaitingBytes) {
      return fail(new Problem(exitCode.failed, `Nobody reads the output. Go on later with --after ${last ?? 0}.`))
    }
    last = next.seq
    process.stdout.write(json === true ? `${JSON.stringify(next)}\n` : transcript.event(next))
  }

  /** The first one, or one in place of events that the server no longer has. */
  function snapshot(view: SessionView): void {
    if (last === undefined) {
      if (json !== true) process.stdout.write(transcript.begin(view, messages))
    } else if (view.seq > last) {
      processOutput.err(`Events ${last + 1} to ${view.seq} are no longer in the log.`)
    } else if (view.seq < last) {
      processOutput.err(`The session ends at event ${view.seq}, before ${last}. Following it from there.`)
    }
    last = view.seq
  }

  try {
    const session = client.session(id, { ...(after !== undefined && { after }) })
    await new Promise<void>((resolve, reject) => {
      fail = reject
      session.onSnapshot(snapshot)
      session.onEvent(event)
      session.subscribe(() => {
        const { status, error } = session.getSnapshot()
        if (status === 'failed' && error) reject(error)
      })
      watchConnection(client, { say: processOutput.err, fail: reject })
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
  } finally {
    await client.close()
  }
}
