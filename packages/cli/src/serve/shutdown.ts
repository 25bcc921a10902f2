import { exitCode } from '../exit-code.ts'

const signals = { SIGINT: exitCode.interrupted, SIGTERM: 143, SIGHUP: 129 } as const

export interface ShutdownOptions {
  /** Stops gracefully. */
  readonly stop: () => Promise<void>
  /** The last thing before the process ends, whichever way: must be synchronous. */
  readonly last: () => void
  /** Tells a person. */
  readonly say: (line: string) => void
}

/** Waits for SIGINT, SIGTERM or SIGHUP and stops gracefully; a second signal ends the process at once. */
export function stopOnSignal({ stop, last, say }: ShutdownOptions): Promise<void> {
  process.on('exit', last)
  return new Promise((resolve, reject) => {
    let stopping = false
    const onSignal = (signal: keyof typeof signals): void => {
      if (stopping) {
        say('Stopped at once. What was acknowledged is on disk.')
        process.exit(signals[signal])
      }
      stopping = true
      say('Stopping: finishing what was accepted. Press Ctrl-C again to stop at once.')
      stop().then(resolve, reject)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}
