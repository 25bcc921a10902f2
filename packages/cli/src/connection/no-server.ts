import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { onlyHttp, whyUnreachable } from './why-unreachable.ts'

/** Why no server answers there, and the fix. */
export async function noServer(url: string, cause: unknown): Promise<Problem> {
  const why = (await whyUnreachable(url)) ?? onlyHttp
  const text = `No server answers at ${url}: ${why}. Start one with \`headrace serve\`, or name another with --url.`
  return new Problem(exitCode.unreachable, text, { cause })
}
