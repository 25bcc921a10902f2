import { readFileSync } from 'node:fs'
import { HeadraceError } from '@headrace/core'
import { parseHttpAgent, type HttpAgents, type HttpAgentSettings } from '@headrace/server'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

/**
 * Agents as a file declares them: a JSON object with the settings of each under its name, as `PUT /v1/agents/{agent}` takes
 * them.
 *
 * @throws Problem when it can't be read, or says what may not be
 */
export function readAgentFile(file: string): ReadonlyMap<string, HttpAgentSettings> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(exitCode.usage, `--agent-file can't be read: ${why}`, { cause })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new Problem(
      exitCode.usage,
      `${file} must hold a JSON object: {"support": {"url": "https://…", "format": "ai-sdk"}}.`,
    )
  return new Map(Object.entries(content).map(([name, settings]) => [name, parse(file, name, settings)]))
}

function parse(file: string, name: string, settings: unknown): HttpAgentSettings {
  try {
    return parseHttpAgent(name, settings)
  } catch (cause) {
    throw new Problem(exitCode.usage, `${file}: ${HeadraceError.from(cause).message}`, { cause })
  }
}

/** Registers what the file declares. What is registered so already stays as it is, and so does what it does not name. */
export async function declareAgents(
  agents: HttpAgents,
  declared: ReadonlyMap<string, HttpAgentSettings>,
): Promise<void> {
  const known = new Map((await agents.list('default')).map((agent) => [agent.agent, agent]))
  for (const [name, settings] of declared) {
    const before = known.get(name)
    if (!before || !isSame(settings, before)) await agents.put(name, settings)
  }
}

function isSame(
  settings: HttpAgentSettings,
  { tenant: _, agent: __, version: ___, ...before }: object & Record<'tenant' | 'agent' | 'version', string>,
): boolean {
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(settings) === sorted(before)
}
