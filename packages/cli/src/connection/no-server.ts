import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { onlyHttp, whyUnreachable } from './why-unreachable.ts'

/**
 * Why no server answers there, and the fix.
 *
 * @param how - the command that starts one, and the option by which another one is named
 */
export async function noServer(
  url: string,
  cause: unknown,
  { startedBy = 'serve', option = '--url' }: { readonly startedBy?: string; readonly option?: string } = {},
): Promise<Problem> {
  const why = (await whyUnreachable(url)) ?? onlyHttp
  const text = `No server answers at ${url}: ${why}. Start one with \`headrace ${startedBy}\`, or name another with ${option}.`
  return new Problem(exitCode.unreachable, text, { cause })
}
