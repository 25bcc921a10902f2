// The crew of a floor whose lanes all have an agent that talks: `node crew.ts JSON`. Ready when all of them do.
import { createSecretAuth } from '@headrace/server'
import { askFloor, openFloor, scriptedAgent, type LaneConfig } from '@headrace/factory'
import { said, talk, tellUpdates } from './talk.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as {
  readonly url: string
  readonly secret: string
  readonly folder: string
  readonly origin: string
  readonly lanes: number
  readonly rate: number
} // of the bench

const auth = createSecretAuth(options.secret)
const op = ['read', 'post', 'send', 'control', 'write-as-agent'] as const
const lanes = Array.from({ length: options.lanes }, (_, index): LaneConfig => ({
  name: `lane-${index + 1}`,
  kind: 'custom',
  oversight: 'observe',
  wip: 1,
  rules: [],
  // The agents of the other way are in none.
  sandbox: 'off',
  mandate: { text: 'Talk.', oversight: 'observe', surfaces: [], test: 'true' },
  landing: {
    protectedPaths: [],
    allowed: [],
    forbidden: [],
    testGlobs: [],
    budget: { files: 1, lines: 1, fileBytes: 1, newDependencies: 0 },
    guardPolicy: {},
    gate: { test: { argv: ['true'], timeoutMs: 1_000 } },
  },
  agent: scriptedAgent('talker', () => talk(options.rate)),
}))
const floor = await openFloor({
  name: 'bench',
  url: options.url,
  token: (agent) =>
    auth.mint({ sub: agent, kind: 'agent', name: agent, cap: [{ s: 'factory/**', op }], agents: [agent] }, 3_600),
  folder: options.folder,
  origin: options.origin,
  base: 'main',
  config: () => ({ lanes, attention: options.lanes }),
  onError: (error) => console.error(`${error.code}: ${error.message}`),
})
const home = floor.client.session(floor.sessions.floor)
const sessions = lanes.map(({ name }) => floor.client.session(floor.sessions.lane(name)))
for (const { name } of lanes) await askFloor(home, { ask: 'add-task', title: name, kind: 'custom', lane: name })
const characters = (session: (typeof sessions)[number]): number =>
  session
    .getSnapshot()
    .view.messages.flatMap(({ parts }) => parts)
    .reduce((sum, part) => sum + (part.kind === 'text' && part.text.startsWith(said) ? part.text.length : 0), 0)
for (const session of sessions) await session.until(() => characters(session) > 0)
tellUpdates(() => Math.round(sessions.reduce((sum, session) => sum + characters(session), 0) / said.length))
process.stdout.write('{"ready":true}\n')

process.once('SIGTERM', () => {
  void floor.close().finally(() => process.exit(0))
})
