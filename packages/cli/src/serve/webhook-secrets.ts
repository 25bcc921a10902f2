import { readFileSync } from 'node:fs'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

/** One secret in a line; the first is the newest, and all of them sign while one is being changed. */
export function readSecrets(file: string | undefined, name: string): readonly string[] {
  const make = `Make one with: (umask 077; (printf whsec_; openssl rand -base64 32) > ${file ?? 'webhook-secret'})`
  if (file === undefined) {
    throw new Problem(exitCode.usage, `Webhooks are signed, so ${name} is needed. ${make}`)
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(exitCode.usage, `${name} can't be read: ${why}. ${make}`, { cause })
  }
  const secrets = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : line.trim()))
  if (secrets.length === 0 || !secrets.every((secret) => /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret))) {
    throw new Problem(exitCode.usage, `${file} must hold webhook secrets, one in a line: whsec_ and base64. ${make}`)
  }
  return secrets
}
