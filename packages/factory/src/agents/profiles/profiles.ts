import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'
import type { AgentProfile } from './profile.ts'

/** The agents with a profile of their own. */
export const agentProfiles: Readonly<Record<'codex' | 'claude' | 'opencode' | 'gemini', AgentProfile>> = {
  codex,
  claude,
  opencode,
  gemini,
}
