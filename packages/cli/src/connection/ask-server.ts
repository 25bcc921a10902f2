import { HeadraceError, type Json, type WireError } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { noServer } from './no-server.ts'
import { findTarget, type TargetOptions } from './target.ts'

/**
 * One request to the server, for what is no command of a session. It is named by --server in those commands.
 *
 * @param line - method and path
 * @throws Problem when no server answers
 * @throws HeadraceError when it refuses
 */
export async function askServer(options: TargetOptions, line: `${string} /${string}`, body?: object): Promise<Json> {
  const target = findTarget(options)
  const at = line.indexOf(' ')
  const init: RequestInit = {
    method: line.slice(0, at),
    headers: { Authorization: `Bearer ${target.token}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  }
  let answer: Response
  try {
    answer = await fetch(`${target.url}${line.slice(at + 1)}`, init)
  } catch (cause) {
    throw await noServer(target.url, cause, { option: '--server' })
  }
  if (answer.status === 204) return null
  const told: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return told as Json // what JSON.parse gives is JSON
  if (typeof told === 'object' && told !== null && 'error' in told)
    throw HeadraceError.fromWire(told.error as WireError) // the form of all its refusals
  throw new Problem(exitCode.refused, `What answers at ${target.url} is no Headrace server: it said ${answer.status}.`)
}
