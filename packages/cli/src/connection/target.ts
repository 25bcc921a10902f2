import { defaultData, demoData } from '../data-directory.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { isAlive, readServerFile, serverFilePath } from '../serve/server-file.ts'

/** How a command was told which server it means. */
export interface TargetOptions {
  readonly url?: string
  readonly token?: string
  readonly data?: string
  /** The command that starts such a server. Default `serve`. */
  readonly startedBy?: string
}

export interface Target {
  /** Base address of the server, without a path at its end. */
  readonly url: string
  readonly token: string
  /** Whether the token was found and not given: then it can be found again. */
  readonly fromFile: boolean
}

/**
 * The server that a command talks to: --url and --token (or HEADRACE_URL and HEADRACE_TOKEN), else what the server on the
 * data directory has left in its file. A token inside a link counts too: `--url 'http://127.0.0.1:4400/#token=…'`.
 */
export function findTarget(options: TargetOptions): Target {
  if (options.url !== undefined) {
    const { url, token } = splitLink(options.url)
    const given = options.token ?? token
    const known = given ?? tokenFor(url, options)
    if (known === undefined) throw noToken(url)
    return { url, token: known, fromFile: given === undefined }
  }
  const running = findRunning(options)
  const token = options.token ?? running.token
  if (token === undefined) throw noToken(running.url)
  return { url: running.url, token, fromFile: options.token === undefined }
}

function directories({ data }: TargetOptions): readonly string[] {
  return data === undefined ? [defaultData, demoData] : [data]
}

function findRunning(options: TargetOptions): { readonly url: string; readonly token?: string } {
  let stale: string | undefined
  for (const directory of directories(options)) {
    const file = readServerFile(directory)
    if (file && isAlive(file.pid)) return file
    if (file) stale = `${serverFilePath(directory)} names process ${file.pid}, which has ended`
  }
  const looked = directories(options).join(' and ')
  const why = stale ?? `Nothing was found in ${looked}`
  throw new Problem(
    exitCode.unreachable,
    `No server is running: ${why}. Start one with \`headrace ${options.startedBy ?? 'serve'}\`, or name one with --url and --token.`,
  )
}

/** The token of a local server that was named by its address. */
function tokenFor(url: string, options: TargetOptions): string | undefined {
  return directories(options)
    .map((directory) => readServerFile(directory))
    .find((file) => file?.url === url)?.token
}

function splitLink(text: string): { readonly url: string; readonly token: string | undefined } {
  if (!URL.canParse(text))
    throw new Problem(exitCode.usage, `--url must be an address such as http://127.0.0.1:4400, not "${text}".`)
  const url = new URL(text)
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
    throw new Problem(
      exitCode.usage,
      `--url must begin with http:// or https://, as in http://127.0.0.1:4400, not "${text}".`,
    )
  }
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined
  const path = url.pathname.replace(/\/+$/, '')
  return { url: `${url.protocol.replace('ws', 'http')}//${url.host}${path}`, token }
}

function noToken(url: string): Problem {
  return new Problem(
    exitCode.refused,
    `A token is needed for ${url}. Give one with --token or HEADRACE_TOKEN; \`headrace token\` makes one from the server's secret.`,
  )
}
