import path from 'node:path'
import { startModelServer, type ModelServer, type Script } from '@headrace/testing/model-server'
import { onTestFinished } from 'vitest'
import {
  askFloor,
  defaultTestGlobs,
  floorOf,
  openFloor,
  type EndedAttempt,
  type Floor,
  type FloorConfig,
  type LandingRules,
  type LaneConfig,
  type Sandbox,
  type Task,
} from '../../src/index.ts'
import { testFolder, workTree, type WorkTree } from './git-repository.ts'
import { SessionsServer } from './sessions-server.ts'

/** What no agent may ever see. */
export const realKey = 'sk-the-real-key-of-the-operator'

/** An open floor whose agents reach a model that follows a script, and nothing else. */
export interface ModelFloor {
  readonly floor: Floor
  readonly models: ModelServer
  readonly origin: WorkTree
  readonly server: SessionsServer
  /** Gives a task to a lane and waits until it is over, or an attempt of it is. */
  readonly attempt: (title: string, lane: string) => Promise<{ readonly task: Task; readonly last: EndedAttempt }>
}

export async function modelFloor(script: Script, lanes: readonly ModelLane[], sandbox?: Sandbox): Promise<ModelFloor> {
  const folder = testFolder()
  const origin = workTree(path.join(folder, 'origin'))
  origin.write({
    'package.json': '{"type":"module"}\n',
    'src/one.js': 'export const one = 1\n',
    'test/one.test.js':
      "import test from 'node:test'\nimport assert from 'node:assert'\nimport { one } from '../src/one.js'\ntest('one', () => assert.equal(one, 1))\n",
  })
  origin.commit('first')
  const models = await startModelServer({ script })
  const server = new SessionsServer()
  const key = () => realKey
  const config: FloorConfig = {
    lanes: lanes.map(laneOf),
    models: {
      providers: {
        open: { kind: 'openai', url: `${models.url}/v1`, key },
        claude: { kind: 'anthropic', url: models.url, key },
        google: { kind: 'gemini', url: models.url, key },
      },
      prices: { scripted: { input: 1, output: 10 } },
    },
  }
  const errors: Error[] = []
  const floor = await openFloor({
    ...server.reach,
    name: 'test',
    folder: path.join(folder, 'floor'),
    origin: origin.folder,
    base: 'main',
    config: () => config,
    ...(sandbox && { sandbox }),
    onError: (error) => void errors.push(error),
  })
  onTestFinished(async () => {
    await floor.close()
    await server[Symbol.asyncDispose]()
    await models.close()
  })
  const session = floor.client.session(floor.sessions.floor)
  return {
    floor,
    models,
    origin,
    server,
    async attempt(title, lane) {
      const { task: id = '' } = await askFloor(session, { ask: 'add-task', title, lane })
      let found: Task | undefined
      await session.until(({ view }) => {
        found = floorOf(view.document.value).tasks[id]
        return found !== undefined && found.attempts.length > 0
      })
      const last = found?.attempts.at(-1)
      if (!found || !last) throw new Error(`no attempt of ${id}`)
      return { task: found, last }
    },
  }
}

const landing: LandingRules = {
  protectedPaths: ['package.json'],
  allowed: ['src/**', 'test/**'],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 0 },
  guardPolicy: {},
  gate: { test: { argv: ['node', '--test'], timeoutMs: 60_000 } },
}

export type ModelLane = Pick<LaneConfig, 'name' | 'agent'> & Partial<LaneConfig>

function laneOf(lane: ModelLane): LaneConfig {
  return {
    kind: 'feature',
    oversight: 'merge',
    wip: 1,
    rules: [],
    landing,
    model: 'scripted',
    rounds: 2,
    attemptMs: 120_000,
    mandate: {
      text: 'Small functions with tests.',
      oversight: 'merge',
      surfaces: ['src/**', 'test/**'],
      test: 'node --test',
    },
    ...lane,
  }
}
