import { existsSync } from 'node:fs'
import path from 'node:path'
import { HeadraceError } from '@headrace/core'
import { createLocalAuth, createSecretAuth, type MintingAuth } from '@headrace/server'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { chooseKeys, type KeyOptions } from '../serve/keys.ts'
import { argumentWarning } from '../serve/argument-warning.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { capabilities, type TokenKind } from './capabilities.ts'

export interface TokenOptions extends KeyOptions {
  readonly sub: string
  readonly name?: string
  readonly kind: string
  readonly cap?: readonly string[]
  readonly agents?: readonly string[]
  readonly tenant: string
  /** Milliseconds. */
  readonly ttl: number
  readonly data: string
  readonly secretInArguments?: boolean
}

/** Prints a new token. */
export async function token(options: TokenOptions, output: Output = processOutput): Promise<void> {
  const { sub, name, tenant, ttl } = options
  if (options.secretInArguments === true) output.err(argumentWarning)
  const kind = tokenKind(options.kind)
  const agents = options.agents ?? (kind === 'agent' ? [sub] : kind === 'operator' ? ['*'] : undefined)
  try {
    const auth = await signer(options)
    const claims = {
      sub,
      kind,
      ten: tenant,
      cap: capabilities(kind, options.cap),
      ...(name !== undefined && { name }),
      ...(agents && { agents }),
    }
    output.out(await auth.mint(claims, Math.round(ttl / 1_000)))
  } catch (thrown) {
    // The store codes of the secret's file and the wrong shapes of claims: all are about what was given here.
    throw thrown instanceof HeadraceError ? new Problem(exitCode.usage, thrown.message, { cause: thrown }) : thrown
  }
}

function tokenKind(text: string): TokenKind {
  const kind = (['user', 'agent', 'operator'] as const).find((known) => known === text)
  if (!kind) throw new Problem(exitCode.usage, `--kind must be user, agent or operator, not "${text}".`)
  return kind
}

async function signer(options: TokenOptions): Promise<MintingAuth> {
  const keys = chooseKeys(options)
  switch (keys.type) {
    case 'secret':
      return createSecretAuth(keys.secret, keys)
    case 'jwks':
      throw new Problem(
        exitCode.usage,
        'Tokens for a key set come from your identity provider; this command has no key to sign with.',
      )
    case 'local': {
      const { data } = options
      // Making a secret for a directory that no server has used is hardly what was meant.
      if (existsSync(path.join(data, 'secret'))) return createLocalAuth(data)
      const fix = 'Name the directory of the server with --data, or its secret with --auth-secret-file.'
      throw new Problem(exitCode.usage, `There is no secret in ${data}: no server has made its own keys there. ${fix}`)
    }
    default:
      return keys satisfies never
  }
}
