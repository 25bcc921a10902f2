import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { freePort } from './free-port.ts'
import { startChild, type Child, type User } from './child.ts'
import { missingProgram } from './missing-program.ts'

/** Why there is no PostgreSQL here; `undefined` when there is. */
export function missingPostgres(): string | undefined {
  const missing = missingProgram('initdb') ?? missingProgram('postgres')
  if (missing !== undefined) return missing
  return isRoot() && !postgresUser() ? 'PostgreSQL does not run as root, and there is no user postgres' : undefined
}

/** Starts a PostgreSQL of its own, with its defaults for what is synced, on a free port of loopback. */
export async function startPostgres(
  directory: string,
  connections: number,
): Promise<Child & { readonly port: number }> {
  const data = path.join(directory, 'postgres')
  mkdirSync(data, { mode: 0o700 })
  const as = isRoot() ? postgresUser() : undefined
  if (as) {
    chownSync(data, as.uid, as.gid)
    // It has to get there through directories that are only for whoever made them.
    for (const above of [directory, path.dirname(directory)]) chmodSync(above, 0o711)
  }
  const made = spawnSync('initdb', ['--auth=trust', '--username=bench', '--no-sync', '-D', data], {
    encoding: 'utf8',
    ...as,
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', data, '-N', String(connections)]
  return { ...(await startChild('postgres', args, 'ready to accept connections', as)), port }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function postgresUser(): User | undefined {
  const [uid, gid] = ['-u', '-g'].map((which) => spawnSync('id', [which, 'postgres'], { encoding: 'utf8' }))
  return uid?.status === 0 && gid ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined
}
