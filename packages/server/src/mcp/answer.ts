/**
 * The answers to an input, and waiting for them. A wait is over when all runs that the input set off are over, or when none
 * can go on by itself: somebody must answer a request, or resume it.
 */
import {
  integer,
  isOpen,
  optional,
  type Json,
  type Run,
  type RunId,
  type Schema,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import type { McpWait } from './mcp-sessions.ts'
import { showMessage } from './show-message.ts'
import { showRequest } from './show-request.ts'
import { showRun } from './show-run.ts'
import { described, type ToolContext } from './tool.ts'

/** Clients give a call up after a minute, so a wait must be over before. */
const maxWaitSeconds = 50
const textChars = 16_000
const dataChars = 1_000

/** The argument that says how long to wait. */
export function waitSeconds(otherwise: number): Schema<number> & { readonly optional: true } {
  const text = `How long to wait for the answer, 0 to ${maxWaitSeconds} seconds. Default ${otherwise}.`
  return described(optional(integer(0, maxWaitSeconds)), text)
}

interface Asked extends Omit<McpWait, 'signal'> {
  /** The runs, once the view has reached `atLeast`. */
  readonly runs: (view: SessionView) => readonly RunId[]
}

/** Waits for the answers of some runs and shows them. */
export async function answersOf(
  { sessions, signal }: ToolContext,
  session: SessionId,
  { runs: idsIn, ...wait }: Asked,
): Promise<{ readonly [key: string]: Json }> {
  const holds = (view: SessionView): boolean => isSettled(view, withChildren(view, idsIn(view)))
  const view = await sessions.until(session, holds, { ...wait, signal })
  const ids = idsIn(view)
  const all = withChildren(view, ids)
  const requests = view.requests.filter((request) => isOpen(request) && all.has(request.run))
  const open = runsOf(view, all).filter((run) => run.status !== 'ended')
  return {
    done: ids.length > 0 && open.length === 0,
    ...((ids.length === 0 || open.length > 0) && { next: adviceFor(requests.length, ids) }),
    runs: runsOf(view, new Set(ids)).map((run) => showRun(run)),
    ...(requests.length > 0 && { requests: requests.map((request) => showRequest(request)) }),
    answers: view.messages
      .filter(({ run }) => run !== undefined && ids.includes(run))
      .map((message) => showMessage(message, { textChars, dataChars })),
  }
}

function adviceFor(requests: number, runs: readonly RunId[]): string {
  if (requests > 0) return 'The agent waits for an answer to these requests: answer_request, if it is yours to decide.'
  if (runs.length === 0) return 'The run is not among the recent ones any more: read_session shows what was said.'
  return `The agent is not done. Its work goes on without you; wait_for_answer with run ${runs.join(' or ')} waits on.`
}

function isSettled(view: SessionView, ids: ReadonlySet<RunId>): boolean {
  const runs = runsOf(view, ids)
  if (runs.every((run) => run.status === 'ended')) return true
  const asks = view.requests.some((request) => request.status === 'open' && ids.has(request.run))
  return asks || runs.every((run) => run.status === 'ended' || run.status === 'suspended')
}

function runsOf(view: SessionView, ids: ReadonlySet<RunId>): readonly Run[] {
  return view.runs.filter(({ id }) => ids.has(id))
}

/** Runs, and those that they have started. A run comes after the one that started it. */
function withChildren({ runs }: SessionView, ids: readonly RunId[]): ReadonlySet<RunId> {
  const all = new Set(ids)
  for (const { id, parent } of runs) if (parent !== undefined && all.has(parent)) all.add(id)
  return all
}
