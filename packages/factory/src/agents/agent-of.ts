import { FactoryError } from '../errors.ts'
import type { AgentSettings } from '../files/factory-file.ts'
import { acpAgent } from './acp/acp-agent.ts'
import type { AgentKind } from './agent.ts'

/**
 * The agent that `.headrace/factory.yaml` describes.
 *
 * @throws FactoryError `bad_option`
 */
export function agentOf(name: string, { kind, command }: AgentSettings): AgentKind {
  if (kind === 'acp' && command) return acpAgent({ name, argv: () => command })
  throw new FactoryError('bad_option', `The agent ${name} can't be started: give it a \`command\` that speaks ACP.`)
}
