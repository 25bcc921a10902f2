import { readFileSync } from 'node:fs'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

/** Which keys the tokens of a server are made with. */
export type Keys =
  /** A secret of the data directory, made at the first start. Loopback only. */
  | { readonly type: 'local' }
  | { readonly type: 'secret'; readonly secret: string; readonly issuer?: string; readonly audience?: string }
  /** The key set of an identity provider, whose tokens must be for us. */
  | { readonly type: 'jwks'; readonly url: string; readonly issuer: string; readonly audience: string }

export interface KeyOptions {
  readonly authSecret?: string
  readonly authSecretFile?: string
  readonly jwks?: string
  readonly issuer?: string
  readonly audience?: string
}

/** Keys as the options name them. */
export function chooseKeys(options: KeyOptions): Keys {
  const { authSecretFile, jwks, issuer, audience } = options
  const given = [options.authSecret, authSecretFile, jwks].filter((value) => value !== undefined)
  if (given.length > 1)
    throw new Problem(exitCode.usage, 'Give one of --auth-secret, --auth-secret-file and --jwks, not several.')
  if (jwks !== undefined) {
    if (!URL.canParse(jwks))
      throw new Problem(exitCode.usage, `--jwks must be the address of a key set, not "${jwks}".`)
    if (issuer === undefined || audience === undefined) {
      throw new Problem(
        exitCode.usage,
        '--jwks needs --issuer and --audience: without them tokens made for other services would work here.',
      )
    }
    return { type: 'jwks', url: jwks, issuer, audience }
  }
  const secret = authSecretFile === undefined ? options.authSecret : readSecret(authSecretFile)
  if (secret !== undefined) {
    return {
      type: 'secret',
      secret,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }
  }
  if (issuer !== undefined || audience !== undefined) {
    throw new Problem(
      exitCode.usage,
      '--issuer and --audience need --jwks or a secret: without keys the server signs its own tokens.',
    )
  }
  return { type: 'local' }
}

/** The first line of a file, so that an editor's newline at the end does no harm. */
function readSecret(file: string): string {
  const make = `Make one with: (umask 077; openssl rand -base64 48 > ${file})`
  try {
    const secret = readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? ''
    if (secret === '') throw new Problem(exitCode.usage, `The file ${file} of --auth-secret-file is empty. ${make}`)
    return secret
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Problem(exitCode.usage, `The file of --auth-secret-file can't be read: ${reason}. ${make}`, {
      cause: thrown,
    })
  }
}
