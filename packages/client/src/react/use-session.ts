import { useMemo } from 'react'
import { useHeadrace } from './context.ts'
import { useSnapshot } from './use-snapshot.ts'
import type { SessionActions } from '../session/session-actions.ts'
import type { Session, SessionOptions, SessionSnapshot } from '../session/session.ts'

/** What a component gets of a session: the snapshot, and what it can do. */
export interface UseSession extends SessionSnapshot, Pick<Session, keyof SessionActions | 'loadOlder'> {
  readonly session: Session
}

/**
 * Follows a session while the component is mounted, and renders again when something in it has changed: once for all
 * events that came together. The functions keep their identity, and so does the whole result until something changes.
 *
 * @example
 * ```tsx
 * function Chat({ id }: { id: string }) {
 *   const { messages, status, send } = useSession(id, { present: true })
 *   return (
 *     <main aria-busy={status === 'loading'}>
 *       {messages.map((message) => <p key={message.id}>{textOf(message)}</p>)}
 *       <button onClick={() => void send('Hello')}>Hello</button>
 *     </main>
 *   )
 * }
 * ```
 */
export function useSession(id: string, { present = false, after }: SessionOptions = {}): UseSession {
  const client = useHeadrace()
  const session = useMemo(
    () => client.session(id, { present, ...(after !== undefined && { after }) }),
    [client, id, present, after],
  )
  const snapshot = useSnapshot(session, whole)
  const actions = useMemo(() => bind(session), [session])
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions])
}

const whole = (snapshot: SessionSnapshot): SessionSnapshot => snapshot

function bind(session: Session): Omit<UseSession, keyof SessionSnapshot> {
  return {
    session,
    create: (settings) => session.create(settings),
    send: (input, options) => session.send(input, options),
    post: (input, options) => session.post(input, options),
    cancel: (target) => session.cancel(target),
    regenerate: (input, options) => session.regenerate(input, options),
    update: (change) => session.update(change),
    steer: (run, input, options) => session.steer(run, input, options),
    pause: (run) => session.pause(run),
    resume: (run) => session.resume(run),
    reorder: (run, before) => session.reorder(run, before),
    retry: (run) => session.retry(run),
    answer: (request, answer) => session.answer(request, answer),
    approve: (request, reason) => session.approve(request, reason),
    deny: (request, reason) => session.deny(request, reason),
    claimRequest: (request) => session.claimRequest(request),
    requestFloor: (note) => session.requestFloor(note),
    takeFloor: (options) => session.takeFloor(options),
    handBack: (note) => session.handBack(note),
    patch: (ops, options) => session.patch(ops, options),
    select: (leaf) => session.select(leaf),
    redact: (message, options) => session.redact(message, options),
    loadOlder: (limit) => session.loadOlder(limit),
  }
}
