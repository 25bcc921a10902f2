import { textOf, type EndReason, type RunId, type SessionEvent } from '@headrace/core'
import type { Session } from '@headrace/client'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'

export interface AnswerPrinter {
  /** Resolves when the session is being followed: an input that is sent from now on is not missed. */
  readonly ready: Promise<void>
  /**
   * Prints the answer to the input whose command ended at this seq, and resolves when it is complete.
   *
   * @throws Problem when the run ends in another way
   */
  print(seq: number): Promise<void>
  stop(): void
}

/** An agent that takes longer than this to begin is worth a word. */
const patienceMs = 2_000

interface Ended {
  readonly reason: EndReason
  readonly detail?: string
}

/**
 * Follows a session for the answer to an input that is about to be sent. On a terminal the words appear as they come. In
 * a pipe the answer is written once it is complete: a second attempt may replace what the first one had written.
 */
export function followAnswer(session: Session): AnswerPrinter {
  const live = process.stdout.isTTY
  const texts = new Set<string>()
  let run: { readonly id: RunId; readonly agent: string } | undefined
  let before: SessionEvent[] = []
  let onEnd: (ended: Ended) => void = () => undefined
  let patience: NodeJS.Timeout | undefined
  let atLineStart = true

  function write(text: string): void {
    const safe = plain(text)
    if (!live || safe === '') return
    process.stdout.write(safe)
    atLineStart = safe.endsWith('\n')
  }

  function follow(event: SessionEvent): void {
    if (!run || event.run !== run.id) return
    switch (event.type) {
      case 'run.claimed':
        clearTimeout(patience)
        if (event.data.attempt > 1) processOutput.err(`${run.agent} starts again (attempt ${event.data.attempt}).`)
        return
      case 'run.lapsed':
        return processOutput.err(`${run.agent} went silent; waiting for a worker to take over.`)
      case 'part.opened':
        if (event.data.start.kind !== 'text') return
        texts.add(event.data.part)
        return write(event.data.start.text ?? '')
      case 'part.delta':
        return texts.has(event.data.part) ? write(event.data.text) : undefined
      case 'run.ended':
        return onEnd(event.data)
      default:
        return
    }
  }

  const stopEvents = session.onEvent((event) => {
    if (run) follow(event)
    else before.push(event)
  })
  let stopSnapshots = (): void => undefined
  const ready = new Promise<void>((resolve, reject) => {
    const stops = [
      session.onSnapshot((view) => {
        resolve()
        // It may stand in place of the events that tell of the end.
        const now = view.runs.find(({ id }) => id === run?.id)
        if (now?.status === 'ended') onEnd(now)
      }),
      session.subscribe(() => {
        const { error } = session.getSnapshot()
        if (error) reject(error)
      }),
    ]
    stopSnapshots = () => stops.forEach((stop) => stop())
  })

  /** The run that the command at this seq has queued. */
  function find(seq: number): boolean {
    const queued = before.find((event) => event.seq === seq)
    if (queued?.type !== 'run.queued') return false
    run = { id: queued.data.id, agent: queued.data.agent }
    const { agent } = run
    patience = setTimeout(() => processOutput.err(`Waiting for the agent ${agent}.`), patienceMs)
    for (const event of before) follow(event)
    before = []
    return true
  }

  function finish({ reason, detail }: Ended): void {
    if (live && !atLineStart) process.stdout.write('\n')
    if (!live) {
      const answers = session.getSnapshot().messages.filter((message) => message.run === run?.id)
      const text = plain(answers.map((message) => textOf(message)).join('\n\n'))
      if (text !== '' || reason === 'complete') processOutput.out(text)
    }
    if (reason === 'complete') return
    const why = {
      cancelled: 'was stopped',
      failed: 'failed',
      lost: 'was lost: its agent went silent and no attempt is left',
      budget: 'was ended because a budget is used up',
    }[reason]
    throw new Problem(
      exitCode.unfinished,
      `The answer ${why}${detail === undefined ? '' : `: ${plain(detail)}`}.`.replace(/\.\.$/, '.'),
    )
  }

  return {
    ready,
    async print(seq) {
      const ended = await new Promise<Ended>((resolve) => {
        onEnd = resolve
        if (find(seq)) return
        const stopLooking = session.onEvent(() => {
          if (find(seq)) stopLooking()
        })
      })
      finish(ended)
    },
    stop() {
      clearTimeout(patience)
      stopEvents()
      stopSnapshots()
    },
  }
}
