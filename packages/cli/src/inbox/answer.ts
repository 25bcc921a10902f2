import type { Answer, Json, Request } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { viewOf, withClient } from '../connection/with-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { plain, plainLine } from '../terminal/plain.ts'

export interface AnswerOptions extends TargetOptions {
  readonly approve?: boolean
  readonly deny?: boolean
  readonly value?: string
  readonly text?: string
  readonly reason?: string
}

/**
 * Answers a request; without an answer it shows the request, with the exact action that an approval is bound to. Without an
 * id it means the only one that is open.
 */
export async function answer(
  id: string,
  named: string | undefined,
  options: AnswerOptions,
  output: Output = processOutput,
): Promise<void> {
  const given = read(options)
  await withClient(options, async (client) => {
    const session = client.session(id)
    const view = await viewOf(session)
    const open = view.requests.filter(({ status }) => status === 'open' || status === 'claimed')
    const request = named === undefined ? only(open, id) : view.requests.find((candidate) => candidate.id === named)
    if (!request) throw new Problem(exitCode.refused, `${id} has no request ${named}. Open are: ${ids(open)}.`)
    if (!given) return show(request, output)
    const { seq } = await session.answer(request, given)
    output.out(`Answered ${request.id} (event ${seq}).`)
  })
}

function read({ approve, deny, value, text, reason }: AnswerOptions): Answer | undefined {
  const why = reason === undefined ? {} : { reason }
  if (approve === true) return { decision: 'approve', ...why }
  if (deny === true) return { decision: 'deny', ...why }
  if (text !== undefined) return { value: text }
  return value === undefined ? undefined : { value: parse(value) }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json // whatever JSON.parse returns is JSON
  } catch (cause) {
    throw new Problem(
      exitCode.usage,
      '--value must be JSON, such as \'{"city":"Bern"}\'. For plain words use --text.',
      { cause },
    )
  }
}

function only(open: readonly Request[], session: string): Request {
  const [first, ...more] = open
  if (!first) throw new Problem(exitCode.refused, `Nothing waits for an answer in ${session}.`)
  if (more.length > 0)
    throw new Problem(exitCode.usage, `Several requests are open in ${session}; name one: ${ids(open)}.`)
  return first
}

function ids(open: readonly Request[]): string {
  return open.length === 0 ? 'none' : open.map(({ id, spec }) => `${id} (${plainLine(spec.title, 60)})`).join(', ')
}

function show({ id, spec, status, digest, by }: Request, output: Output): void {
  output.out(`${id}: ${plainLine(spec.title, 200)} [${spec.kind}, ${status}${by === undefined ? '' : ` by ${by}`}]`)
  if (spec.kind === 'approval') output.out(plain(JSON.stringify(spec.action, null, 2)))
  if (spec.kind === 'question' && spec.schema) output.out(plain(JSON.stringify(spec.schema, null, 2)))
  if (spec.kind === 'tool') output.out(plain(JSON.stringify({ name: spec.name, input: spec.input ?? null }, null, 2)))
  if (digest !== undefined) output.out(`sha256 ${digest}`)
}
