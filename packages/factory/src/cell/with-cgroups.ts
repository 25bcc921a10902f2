import process from 'node:process'
import { findCgroups } from '../process/cgroup.ts'
import type { Sandbox } from '../process/sandbox.ts'
import { startProgram } from '../process/start-program.ts'

/**
 * The sandbox with control groups, where this machine lets some be made: that is found out by using one. Elsewhere the same
 * sandbox.
 */
export async function withCgroups(sandbox: Sandbox): Promise<Sandbox> {
  const cgroups = sandbox.kind === 'bubblewrap' ? await findCgroups() : undefined
  if (sandbox.kind !== 'bubblewrap' || !cgroups) return sandbox
  const cell = { sandbox: { ...sandbox, cgroups }, network: 'off', writable: [], readable: [] } as const
  try {
    const tried = await startProgram({ argv: ['/bin/true'], cwd: '/', env: {}, marker: `try-${process.pid}`, cell })
    const end = await tried.ended
    const { left } = await tried.close()
    return end.kind === 'exited' && end.code === 0 && left.length === 0 ? cell.sandbox : sandbox
  } catch {
    return sandbox
  }
}
