import path from 'node:path'
import { modelWay } from '../model-environment.ts'
import type { AgentProfile } from './profile.ts'

/** Claude Code, by an adapter that speaks the Agent Client Protocol. In its default mode it asks before it acts. */
export const claude: AgentProfile = {
  name: 'claude',
  command: ['claude-agent-acp'],
  skillsFolder: '.claude/skills',
  install: 'Install it: npm install --global @zed-industries/claude-agent-acp@0.23.1',
  async setUp(start) {
    const { env, model } = start
    const way = modelWay(start, 'anthropic', 'claude')
    return {
      CLAUDE_CONFIG_DIR: path.join(env['HOME'] ?? '', '.claude'),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      ...(model !== undefined && { ANTHROPIC_MODEL: model }),
      ...(way && { ANTHROPIC_BASE_URL: way.url, ANTHROPIC_API_KEY: way.token }),
    }
  },
}
