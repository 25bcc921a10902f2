import { modelWay } from '../model-environment.ts'
import type { AgentProfile } from './profile.ts'
import { writeHomeFile } from './write-file.ts'

/** Gemini CLI. In its default mode it asks before it acts. */
export const gemini: AgentProfile = {
  name: 'gemini',
  command: ['gemini', '--acp'],
  skillsFolder: '.gemini/skills',
  install: 'Install it: npm install --global @google/gemini-cli@0.61.0',
  titles: 'commands',
  // A session that is loaded within the minute it was made in is emptied, and nobody can tell.
  resumes: false,
  async setUp(start) {
    const { model } = start
    const way = modelWay(start, 'gemini', 'gemini')
    const settings = {
      general: { enableAutoUpdate: false, maxAttempts: 3 },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      security: { folderTrust: { enabled: false }, ...(way && { auth: { selectedType: 'gemini-api-key' } }) },
      ...(model !== undefined && { model: { name: model } }),
    }
    await writeHomeFile(start, '.gemini/settings.json', JSON.stringify(settings))
    return {
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_CLI_NO_RELAUNCH: 'true',
      ...(way && { GEMINI_API_KEY: way.token, GOOGLE_GEMINI_BASE_URL: way.url }),
    }
  },
}
