import { useCallback, useMemo, useState } from 'react'
import {
  HeadraceError,
  isOpen,
  mayAnswer,
  type Actor,
  type Answer,
  type Request,
  type SessionView,
} from '@headrace/core'
import { useActor, useSlice } from './use-slice.ts'

/** A request that somebody else answered first, or that was over before. */
export interface LostRequest {
  readonly request: Request
  /** Who was first; `undefined` when it expired or was withdrawn. */
  readonly by?: Actor
  /** How it came to its end, in a sentence for people. */
  readonly message: string
}

export interface UseRequests {
  /** Approvals and questions that wait, and that this participant may answer. In the order they were asked. */
  readonly requests: readonly Request[]
  /**
   * Those that this component tried to answer and that somebody else, or time, had answered before; newest first.
   */
  readonly lost: readonly LostRequest[]
  /**
   * Answers what was shown: an approval is for exactly that action.
   *
   * @returns whether it counts; `false` when the request was over before, and then it is among `lost`
   * @throws HeadraceError every other refusal, such as `action_changed` or `invalid_answer`
   */
  readonly answer: (request: Request, answer: Answer) => Promise<boolean>
  readonly approve: (request: Request, reason?: string) => Promise<boolean>
  readonly deny: (request: Request, reason?: string) => Promise<boolean>
  /** Takes one from `lost`, when it was read. */
  readonly dismiss: (id: string) => void
}

const requestsOf = ({ view }: { readonly view: SessionView }): SessionView['requests'] => view.requests
const maxLost = 20

/**
 * What agents ask of this participant. When two people answer at the same moment one of them wins, and the other is told
 * who did. Tools that clients run are not among it, see `useClientTools`.
 *
 * @example
 * ```tsx
 * function Requests({ id }: { id: string }) {
 *   const { requests, lost, approve, deny } = useRequests(id)
 *   return (
 *     <section>
 *       {requests.map((request) => (
 *         <p key={request.id}>
 *           {request.spec.title} <button onClick={() => void approve(request)}>Yes</button>
 *           <button onClick={() => void deny(request)}>No</button>
 *         </p>
 *       ))}
 *       {lost.map(({ request, message }) => <p key={request.id}>{message}</p>)}
 *     </section>
 *   )
 * }
 * ```
 */
export function useRequests(id: string): UseRequests {
  const [all, session] = useSlice(id, requestsOf)
  const actor = useActor()
  const [lost, setLost] = useState<readonly LostRequest[]>([])
  const requests = useMemo(() => all.filter((request) => isFor(request, actor)), [all, actor])
  const answer = useCallback(
    async (request: Request, given: Answer): Promise<boolean> => {
      try {
        await session.answer(request, given)
        return true
      } catch (thrown) {
        const error = HeadraceError.from(thrown)
        if (error.code !== 'request_closed') throw error
        setLost((before) => [lostBy(request, error), ...before].slice(0, maxLost))
        return false
      }
    },
    [session],
  )
  const actions = useMemo(() => {
    const decide = (decision: 'approve' | 'deny') => (request: Request, reason?: string) =>
      answer(request, { decision, ...(reason !== undefined && { reason }) })
    const dismiss = (gone: string): void => setLost((before) => before.filter(({ request }) => request.id !== gone))
    return { answer, approve: decide('approve'), deny: decide('deny'), dismiss }
  }, [answer])
  return useMemo(() => ({ requests, lost, ...actions }), [requests, lost, actions])
}

function isFor(request: Request, actor: Actor | undefined): boolean {
  return actor !== undefined && request.spec.kind !== 'tool' && isOpen(request) && mayAnswer(actor, request.answerers)
}

function lostBy(request: Request, { message, detail }: HeadraceError): LostRequest {
  const by = detail?.['by']
  return { request, message, ...(typeof by === 'string' && { by: by as Actor }) } // the server names an actor here
}
