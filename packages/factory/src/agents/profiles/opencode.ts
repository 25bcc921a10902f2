import { FactoryError } from '../../errors.ts'
import { modelWay } from '../model-environment.ts'
import type { AgentProfile } from './profile.ts'
import { writeHomeFile } from './write-file.ts'

/** OpenCode. It asks its models by Chat Completions, and people before it acts. */
export const opencode: AgentProfile = {
  name: 'opencode',
  command: ['opencode', 'acp'],
  skillsFolder: '.config/opencode/skills',
  install: 'Install it: npm install --global opencode-ai@1.18.33',
  async setUp(start) {
    const { model } = start
    const way = modelWay(start, 'openai', 'opencode')
    if (way && model === undefined)
      throw new FactoryError('agent_failed', 'opencode has no model of its own choice here: name one in the lane.')
    const name = `headrace/${model}`
    const settings = {
      autoupdate: false,
      share: 'disabled',
      permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' },
      ...(way && {
        model: name,
        small_model: name,
        enabled_providers: ['headrace'],
        provider: {
          headrace: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Headrace',
            options: { baseURL: way.url, apiKey: way.token },
            models: { [`${model}`]: { name: model, tool_call: true, limit: { context: 200_000, output: 16_000 } } },
          },
        },
      }),
    }
    return {
      OPENCODE_CONFIG: await writeHomeFile(start, '.config/opencode/headrace.json', JSON.stringify(settings)),
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    }
  },
}
