/** This project as the repository of a floor: a change to it goes through a gate that runs tests of its own. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  askFloor,
  emptyFloor,
  floorOf,
  initFactory,
  openFloor,
  scriptedAgent,
  type LaneConfig,
} from '@headrace/factory'
import { testFolder, workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

const root = path.resolve(import.meta.dirname, '../../..')

test.skipIf(!existsSync(path.join(root, '.git')))(
  'F1 G1: this project as the repository of a floor: it is found out, and a change to it is merged on its own tests',
  async () => {
    const folder = testFolder()
    const origin = path.join(folder, 'headrace')
    execFileSync('git', ['clone', '-q', root, origin], { stdio: 'pipe' })
    const repository = workTree(origin, { init: false })
    repository.git('checkout', '-q', '-B', 'main')

    const found = await initFactory({ repository: origin, agent: 'codex' })
    expect(found.explanation.join('\n')).toContain('so the gate runs: npm test')

    const gate: LaneConfig['landing']['gate'] = {
      // What `npm ci` would bring, without a network.
      setup: [{ argv: ['ln', '-s', path.join(root, 'node_modules'), 'node_modules'], timeoutMs: 5_000 }],
      test: {
        argv: [
          'node',
          'node_modules/vitest/vitest.mjs',
          'run',
          '--configLoader=runner',
          'packages/core/test/tree.test.ts',
        ],
        timeoutMs: 60_000,
      },
      readable: [root],
    }
    const lane: LaneConfig = {
      name: 'docs',
      kind: 'docs',
      oversight: 'merge',
      wip: 1,
      rules: [],
      rounds: 1,
      attemptMs: 60_000,
      landing: {
        protectedPaths: ['package.json', '.ci/**'],
        allowed: ['docs/**'],
        forbidden: [],
        testGlobs: ['**/*.test.ts'],
        budget: { files: 3, lines: 50, fileBytes: 100_000, newDependencies: 0 },
        guardPolicy: {},
        gate,
      },
      mandate: {
        text: 'Write. Success: the tests are green.',
        oversight: 'merge',
        surfaces: ['docs/**'],
        test: 'npm test',
      },
      agent: scriptedAgent('writer', () => ({
        turns: [[{ do: 'write', path: 'docs/written-by-an-agent.md', text: '# Written by an agent\n' }]],
      })),
    }
    await using server = new SessionsServer()
    const floor = await openFloor({
      ...server.reach,
      name: 'own',
      folder: path.join(folder, 'floor'),
      origin,
      base: 'main',
      onError: () => undefined,
      config: () => ({ lanes: [lane] }),
    })
    try {
      const client = await server.client('ada')
      const session = client.session(floor.sessions.floor)
      await session.until(({ status }) => status === 'live')
      await session.patch([{ op: 'add', path: '', value: { ...emptyFloor, maxAttempts: 1 } as never }])
      await askFloor(session, { ask: 'add-task', title: 'Write a page', lane: 'docs', kind: 'docs' })
      const { view } = await session.until(({ view: { document } }) =>
        Object.values(floorOf(document.value).tasks).some(({ state }) => ['done', 'parked'].includes(state.status)),
      )
      expect(Object.values(floorOf(view.document.value).tasks)).toMatchObject([{ state: { status: 'done' } }])
    } finally {
      await floor.close()
    }
    expect(repository.git('show', 'main:docs/written-by-an-agent.md')).toBe('# Written by an agent')
  },
)
