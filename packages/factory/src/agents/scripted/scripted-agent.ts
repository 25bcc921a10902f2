import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { codePlaces } from '../../cell/readable-places.ts'
import { acpAgent, type AcpLimits } from '../acp/acp-agent.ts'
import type { AgentKind, AgentStart } from '../agent.ts'
import { script as scriptShape, type Script } from './script.ts'

/** Its program, beside this file: built, or as source. */
const isSource = import.meta.url.endsWith('.ts')
const main = fileURLToPath(new URL(isSource ? './main.ts' : './main.js', import.meta.url))

/** The packages of itself and of what it imports. */
async function ownPlaces(): Promise<readonly string[]> {
  const protocol = createRequire(main).resolve('@agentclientprotocol/sdk')
  const places = await Promise.all([main, protocol].map(codePlaces))
  return places.flat()
}

/**
 * An agent that plays a script in a process of its own, over the same protocol as real ones and with real files and
 * commands. It needs no key and no network.
 *
 * @param scriptFor - what it does in this clone
 */
export function scriptedAgent(name: string, scriptFor: (start: AgentStart) => Script, limits?: AcpLimits): AgentKind {
  const file = ({ env }: AgentStart): string => path.join(env['HOME'] ?? '', '.scripted-agent', 'script.json')
  return acpAgent(
    {
      name,
      readable: ownPlaces,
      async prepare(start) {
        await mkdir(path.dirname(file(start)), { recursive: true })
        await writeFile(file(start), JSON.stringify(scriptShape.parse(scriptFor(start), 'script')))
      },
      argv: (start) => [process.execPath, main, file(start)],
    },
    limits,
  )
}
