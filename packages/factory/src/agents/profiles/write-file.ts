import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentStart } from '../agent.ts'

/** Writes a file into the home of an attempt, for its owner alone; gives its full path. */
export async function writeHomeFile({ env }: AgentStart, name: string, text: string): Promise<string> {
  const file = path.join(env['HOME'] ?? '', name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text, { mode: 0o600 })
  return file
}
