/** What a run is doing, as far as a chat that follows it needs to know. */
import { isOpen, type EndedRun, type MessageId, type Request, type Run, type SessionView } from '@headrace/core'
import type { UiChunk } from './ui-message.ts'

/** What of a run somebody still has to answer. */
export function openRequests({ requests }: SessionView, run: string): readonly Request[] {
  return requests.filter((request) => request.run === run && isOpen(request))
}

/**
 * Whether a run can't go on before somebody answers. The AI SDK ends its stream there: a page gives answers while its chat
 * is `ready`.
 */
export function isWaiting(view: SessionView, run: Run): boolean {
  if (run.status === 'suspended') return true
  const asked = openRequests(view, run.id).length
  if (asked === 0) return false
  const parts = view.messages.filter((message) => message.run === run.id).flatMap((message) => message.parts)
  const atWork = parts.filter(
    (part) => part.kind === 'tool' && part.status === 'open' && part.output === undefined && part.error === undefined,
  )
  // More of them: a tool that asks nobody still works.
  return atWork.length <= asked
}

/** Whether a run has not begun because its agent waits, in a run before it, for somebody to answer. */
export function isBehindWaiting(view: SessionView, run: Run): boolean {
  if (run.status !== 'queued' || run.policy === 'parallel') return false
  const isBefore = (other: Run): boolean =>
    other.id !== run.id && other.agent === run.agent && (other.status === 'active' || other.status === 'suspended')
  return view.runs.some((other) => isBefore(other) && isWaiting(view, other))
}

/** How the stream of a run ends. */
export function endChunks(run: EndedRun | undefined): readonly UiChunk[] {
  // So long ago that the session shows its messages alone.
  if (!run) return [{ type: 'finish', finishReason: 'stop' }]
  switch (run.reason) {
    case 'complete':
      return [{ type: 'finish', finishReason: 'stop' }]
    case 'cancelled': {
      const by = run.cancelledBy === undefined ? '' : ` by ${run.cancelledBy.replace(/^\w+:/, '')}`
      // `interrupted` keeps a chat from sending by itself what nobody waits for.
      return [
        { type: 'abort', reason: `Stopped${by}.` },
        { type: 'finish', finishReason: 'interrupted' },
      ]
    }
    case 'failed':
      return [{ type: 'error', errorText: run.detail ?? 'The agent failed.' }]
    case 'lost':
      return [{ type: 'error', errorText: run.detail ?? 'The agent went silent, and nobody took its work over.' }]
    case 'budget':
      return [{ type: 'error', errorText: run.detail ?? 'Its budget is used up.' }]
    default:
      return run.reason satisfies never
  }
}

/** The run that answers an input: the newest, or the one that it was handed to. */
export function runFor({ runs }: SessionView, input: MessageId): Run | undefined {
  return (
    runs.findLast((run) => run.input === input && run.parent === undefined && run.status !== 'ended') ??
    runs.findLast((run) => run.input === input && run.parent === undefined) ??
    runs.findLast((run) => run.steers?.some((steer) => steer.message === input))
  )
}
