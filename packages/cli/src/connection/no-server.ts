import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { onlyHttp, whyUnreachable } from './why-unreachable.ts'

/**
 * Why no server answers there, and the fix.
 *
 * @param option - by which another one is named
 */
export async function noServer(url: string, cause: unknown, option = '--url'): Promise<Problem> {
  const why = (await whyUnreachable(url)) ?? onlyHttp
  const text = `No server answers at ${url}: ${why}. Start one with \`headrace serve\`, or name another with ${option}.`
  return new Problem(exitCode.unreachable, text, { cause })
}
