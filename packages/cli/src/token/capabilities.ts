import { verbs, type Verb } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

export type TokenKind = 'user' | 'agent' | 'operator'

/** What a token may do, in the form of its claim. */
export interface TokenCapability {
  readonly s: string
  readonly op: readonly Verb[]
}

/** What each kind may do on every session unless --cap says otherwise: what it needs, and no more. */
const usual: Readonly<Record<TokenKind, readonly Verb[]>> = {
  user: ['read', 'post', 'send', 'control', 'answer', 'take-floor'],
  agent: ['read', 'write-as-agent'],
  operator: verbs,
}

/** Reads `pattern:verb,verb`. Session ids may have colons in them, so the last one counts. */
export function parseCapability(text: string): TokenCapability {
  const at = text.lastIndexOf(':')
  const named = text.slice(at + 1).split(',')
  const op = verbs.filter((verb) => named.includes(verb))
  const unknown = named.find((name) => !verbs.some((verb) => verb === name))
  if (at < 1 || unknown !== undefined) {
    const why = at < 1 ? 'has no colon' : `names the unknown verb "${unknown}"`
    throw new Problem(
      exitCode.usage,
      `--cap "${text}" ${why}. Write a pattern, a colon and verbs: team/*:read,send. Verbs: ${verbs.join(', ')}.`,
    )
  }
  return { s: text.slice(0, at), op }
}

/** All capabilities of a token. */
export function capabilities(kind: TokenKind, given: readonly string[] | undefined): readonly TokenCapability[] {
  return given === undefined || given.length === 0
    ? [{ s: '**', op: usual[kind] }]
    : given.map((text) => parseCapability(text))
}
