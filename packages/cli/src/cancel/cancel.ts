import type { CancelTarget } from '@headrace/core'
import { keepWaiting } from '../connection/keep-waiting.ts'
import { openClient } from '../connection/open-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'

export interface CancelOptions extends TargetOptions {
  readonly run?: string
  readonly agent?: string
  readonly all?: boolean
}

/** Asks the session to stop runs. */
export async function cancel(id: string, options: CancelOptions, output: Output = processOutput): Promise<void> {
  const { run, agent } = options
  const target: CancelTarget = run !== undefined ? { run } : agent !== undefined ? { agent } : { all: true }
  const client = await openClient(options)
  try {
    const { outcome, seq } = await keepWaiting(client, client.session(id).cancel(target))
    output.out(outcome === 'noop' ? 'Nothing to stop.' : `Stopping (event ${seq}).`)
  } finally {
    await client.close()
  }
}
