import { approveTool, type WantedCall } from '../agent/approve-tool.ts'
import type { AgentRun, ApproveOptions } from '../agent/run.ts'

/** What waits for an approval, as the content of an AI SDK result has it. */
interface ApprovalRequest {
  readonly type: 'tool-approval-request'
  readonly approvalId: string
  readonly toolCall: { readonly toolName: string; readonly input: unknown }
  /** It was decided by the application's own rules. */
  readonly isAutomatic?: boolean
}

interface ApprovalResponse {
  type: 'tool-approval-response'
  approvalId: string
  approved: boolean
}

/** A message of the AI SDK. Mutable, because its own type is. */
export interface ApprovalMessage {
  role: 'tool'
  content: ApprovalResponse[]
}

/**
 * Asks in the session for every tool call that the AI SDK holds because its tool `needsApproval`. Whoever may answer there
 * does, on any device; add the message and call `streamText` again: what was approved is run, what was not is told to the
 * model.
 *
 * @param content - `await result.content` of `streamText`
 * @param options - how each is asked: the title, who may answer, what happens when nobody does
 * @returns the message to add; `undefined` when nothing waits
 * @throws RunStopped when the run must stop
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   for (;;) {
 *     const result = streamText({ model, messages, abortSignal: run.signal })
 *     await run.pipe(fromAiSdk(result.fullStream))
 *     const approvals = await answerApprovals(run, await result.content)
 *     if (!approvals) return
 *     messages.push(...(await result.responseMessages), approvals)
 *   }
 * }
 * ```
 */
export async function answerApprovals(
  run: Pick<AgentRun, 'approve'>,
  content: readonly { readonly type: string }[],
  options: (call: WantedCall) => ApproveOptions = () => ({}),
): Promise<ApprovalMessage | undefined> {
  const waiting = content.filter(isWaiting)
  if (waiting.length === 0) return undefined
  const responses = waiting.map(
    async ({ approvalId, toolCall: { toolName: name, input } }): Promise<ApprovalResponse> => {
      const approved = await approveTool(run, { name, input }, options({ name, input }))
      return { type: 'tool-approval-response', approvalId, approved }
    },
  )
  return { role: 'tool', content: await Promise.all(responses) }
}

function isWaiting(part: { readonly type: string }): part is ApprovalRequest {
  return part.type === 'tool-approval-request' && (part as ApprovalRequest).isAutomatic !== true // told by its type
}
