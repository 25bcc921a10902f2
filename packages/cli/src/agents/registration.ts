import { readFileSync } from 'node:fs'
import type { Json, JsonObject } from '@headrace/core'
import type { AgentFormat } from '@headrace/client/http-agent'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { readSecrets } from '../serve/webhook-secrets.ts'

/** How an agent is registered, as options say it. */
export interface RegistrationOptions {
  readonly url: string
  readonly format: AgentFormat
  /** Each `Name: value`. */
  readonly header?: readonly string[]
  readonly headerFile?: string
  readonly secretFile?: string
  readonly body?: string
  readonly model?: string
  readonly retry?: 'never' | 'on-loss'
  readonly capacity?: number
  readonly lease?: number
  readonly firstByte?: number
  readonly idle?: number
  readonly total?: number
  readonly maxBytes?: number
}

/**
 * What the server is told.
 *
 * @throws Problem when an option has the wrong form, or a file can't be read
 */
export function registrationOf(options: RegistrationOptions): JsonObject {
  const { url, format, header = [], headerFile, secretFile, body, model, retry } = options
  const lines = [...header, ...(headerFile === undefined ? [] : linesOf(headerFile))]
  const fields = { ...(body !== undefined && parseBody(body)), ...(model !== undefined && { model }) }
  return withoutUnset({
    url,
    format,
    headers: lines.length === 0 ? undefined : Object.fromEntries(lines.map(splitHeader)),
    secrets: secretFile === undefined ? undefined : [...readSecrets(secretFile, '--secret-file')],
    body: Object.keys(fields).length === 0 ? undefined : fields,
    retry,
    capacity: options.capacity,
    leaseMs: options.lease,
    firstByteMs: options.firstByte,
    idleMs: options.idle,
    totalMs: options.total,
    maxBytes: options.maxBytes,
  })
}

function withoutUnset(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(exitCode.usage, `--header-file can't be read: ${why}`, { cause })
  }
}

/** Errors name the header and never repeat its value. */
function splitHeader(line: string): readonly [string, string] {
  const at = line.indexOf(':')
  if (at < 1)
    throw new Problem(exitCode.usage, 'A header is written as "Name: value", such as "Authorization: Bearer …".')
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}

function parseBody(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json // whatever JSON.parse returns is JSON
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject // no array
  } catch {
    // told below
  }
  throw new Problem(exitCode.usage, `--body must be a JSON object, such as '{"model":"large"}'.`)
}
