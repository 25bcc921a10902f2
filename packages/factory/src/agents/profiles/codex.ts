import path from 'node:path'
import { modelWay } from '../model-environment.ts'
import type { AgentProfile } from './profile.ts'
import { writeHomeFile } from './write-file.ts'

const token = 'HEADRACE_MODEL_TOKEN'

/**
 * Codex, by an adapter that speaks the Agent Client Protocol. It asks about every command that it does not know to be
 * harmless, so that the lane decides, and its own sandbox stays on.
 */
export const codex: AgentProfile = {
  name: 'codex',
  command: ['codex-acp'],
  skillsFolder: '.agents/skills',
  install: 'Install it: npm install --global @zed-industries/codex-acp@0.16.0',
  async setUp(start) {
    const { cwd, model, oversight } = start
    const way = modelWay(start, 'openai', 'codex')
    const settings = [
      ...(model === undefined ? [] : [`model = ${toml(model)}`]),
      ...(way ? ['model_provider = "headrace"'] : []),
      'approval_policy = "untrusted"',
      `sandbox_mode = ${oversight === 'observe' ? '"read-only"' : '"workspace-write"'}`,
      'check_for_update_on_startup = false',
      '[sandbox_workspace_write]',
      // Its sandbox takes .git out of what may be written, and it could not commit.
      `writable_roots = [${toml(path.join(cwd, '.git'))}]`,
      ...(way
        ? [
            '[model_providers.headrace]',
            'name = "Headrace"',
            `base_url = ${toml(way.url)}`,
            `env_key = "${token}"`,
            'wire_api = "responses"',
            'request_max_retries = 2',
            'stream_max_retries = 2',
          ]
        : []),
      '[analytics]',
      'enabled = false',
      // With them it looks for things in the network that nobody asked for.
      '[features]',
      'plugins = false',
      'apps = false',
    ]
    const file = await writeHomeFile(start, '.codex/config.toml', `${settings.join('\n')}\n`)
    return {
      CODEX_HOME: path.dirname(file),
      NO_BROWSER: '1',
      INITIAL_AGENT_MODE: oversight === 'observe' ? 'read-only' : 'agent',
      ...(way && { [token]: way.token, MODEL_PROVIDER: 'headrace' }),
    }
  },
}

/** A basic string of TOML: JSON has the same escapes. */
function toml(text: string): string {
  return JSON.stringify(text)
}
