import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { expect, test } from 'vitest'
import { makeDemoRepository, openOwnFolder, type Horizon } from '@headrace/factory'
import { exitCode } from '../src/exit-code.ts'
import { folder, headrace, start, type Ready } from './support/headrace.ts'

const csvSource = fileURLToPath(new URL('../../../examples/plugins/csv-source', import.meta.url))

interface Report {
  readonly seed: number
  readonly tasks: readonly {
    readonly id: string
    readonly attempts: readonly { readonly outcome: string; readonly why: string }[]
  }[]
  readonly merges: readonly { readonly subject: string; readonly green: boolean }[]
  readonly invariants: readonly { readonly name: string; readonly held: boolean }[]
  readonly failures: readonly string[]
}

test(
  'F1 F1f F2 F3 G1: headrace factory demo --headless works eight tasks off, merges the good ones, and leaves nothing',
  { timeout: 600_000 },
  async () => {
    const { code, stdout, stderr } = await headrace(['factory', 'demo', '--headless', '--json', '--seed', '7'])
    expect({ code, stderr }).toEqual({ code: exitCode.ok, stderr: '' })
    const report = JSON.parse(stdout) as Report // one line, by the command
    expect(report.invariants.map(({ name, held }) => `${held}: ${name}`)).toEqual([
      'true: good work is merged, and nothing else',
      'true: every commit of the base branch is green',
      'true: no task is merged twice',
      'true: what is said to be merged is in the base, and what is in it was said to be',
      'true: no process is left',
    ])
    expect(report.merges).toHaveLength(6)
    expect(report.failures).toEqual([])
    const last = (id: string): string => {
      const attempt = report.tasks.find((task) => task.id === id)?.attempts.at(-1)
      return `${attempt?.outcome}: ${attempt?.why}`
    }
    expect(last('T7')).toMatch(/^parked: It went in circles: same call, same output, \d+th time; diff unchanged/)
    expect(last('T8')).toMatch(
      /^rejected: The guard test-tampering objects: test\/list\.test\.js:\d+: a test is skipped/,
    )
  },
)

test('F6 F6c F6d: a floor is watched, asked, refused and stopped from another terminal', async () => {
  await using demo = start(['factory', 'demo', '--port', '0', '--json'])
  const [line] = await demo.seen(/^.*\n/)
  const { url, token, data } = JSON.parse(line) as Ready & { data: string } // what the commands below need
  const env = { HEADRACE_URL: url, HEADRACE_TOKEN: token }
  const factory = (...args: string[]): ReturnType<typeof headrace> => headrace(['factory', ...args], { env })

  expect(await factory('task', 'add', 'Too', 'much', '--lane', 'nowhere')).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringContaining(
      'There is no lane nowhere. Lanes: steady, alpha, hasty, dreamer, crooked.',
    ) as string,
  })
  expect(await factory('status', '--floor', 'other')).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringMatching(
      /^error: This server has no floor other\. Open one with `headrace factory up`/,
    ) as string,
  })
  const added = await factory('task', 'add', 'Later', '--kind', 'docs', '--accept', 'it reads well')
  expect(added.stdout).toMatch(/^T\d+ is ready\.$/m)
  const id = /^T\d+/.exec(added.stdout)?.[0] ?? ''
  expect((await factory('task', 'show', id)).stdout).toContain('it reads well')
  expect((await factory('task', 'move', id, '--priority', '3')).stdout).toBe(`${id} is P3.\n`)
  expect((await factory('task', 'depend', id, '--on', id)).stderr).toContain(`Then ${id} would wait for itself`)
  expect((await factory('task', 'depend', id)).code).toBe(exitCode.usage)
  expect((await factory('task', 'move', id, '--priority', '2')).stdout).toBe(`${id} is P2.\n`)
  expect((await factory('task', 'reject', id, '--reason', 'Not now.')).stdout).toBe(`${id} is rejected.\n`)
  expect((await factory('task', 'list')).stdout).toMatch(new RegExp(`^${id} +P2 docs +rejected +Later$`, 'm'))
  expect((await factory('lane', 'pause', 'steady')).stdout).toBe('The lane steady takes nothing new.\n')
  const stopped = await factory('stop')
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is under way') as string })
  expect((await factory('status')).stdout).toMatch(/^The floor is stopped: \d done, 0 under way/)
  await using asks = await asking({ url, token, session: 'factory/main/merge', title: 'May it be pushed?' })
  expect((await factory('status')).stdout).toContain(
    `Asks a person:\n  May it be pushed?: headrace answer ${asks.session}\n`,
  )
  expect(await factory('steer', 'nowhere', 'Hello')).toMatchObject({
    code: exitCode.refused,
    stderr: 'error: There is no lane nowhere. Lanes: steady, alpha, hasty, dreamer, crooked.\n',
  })
  expect((await factory('hand-back', 'steady')).stdout).toBe('Nobody has taken steady over.\n')
  await using elsewhere = await folder()
  expect(await factory('diff', id, '--folder', path.join(elsewhere.path, 'none'))).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringContaining('headrace factory up') as string,
  })
  expect(existsSync(path.join(elsewhere.path, 'none'))).toBe(false)
  const report = JSON.parse((await factory('report', '--json')).stdout) as { total: { attempts: number } } // by the command
  expect((await factory('report')).stdout).toContain(`All:\n  ${report.total.attempts} attempts`)
  expect((await factory('report', '--day')).stdout).toContain(`| all | ${report.total.attempts} |`)

  await using place = await folder()
  const repository = path.join(place.path, 'pebble')
  await makeDemoRepository(repository)
  const issues = path.join(place.path, 'issues.json')
  const reports = ['Login fails with an empty password', 'Empty password: login fails'].map((title, n) => {
    return { ref: `acme/app#${n}`, title }
  })
  writeFileSync(issues, JSON.stringify(reports))
  const at = ['--repository', repository, '--folder', path.join(place.path, 'factory'), '--issues', issues]
  const proposed = await factory('horizon', ...at, '--propose')
  expect(proposed.stdout).toMatch(/^P3 Look at 2 reports that seem to be about the same$/m)
  const proposal = /about the same: (T\d+) is proposed/.exec(proposed.stdout)?.[1] ?? ''
  expect((await factory('task', 'reject', proposal, '--reason', 'By design')).code).toBe(0)
  for (const name of ['.headrace/lanes', 'node_modules']) {
    mkdirSync(path.join(repository, name), { recursive: true })
  }
  symlinkSync(csvSource, path.join(repository, 'node_modules/csv-source'))
  const csv = path.join(place.path, 'tasks.csv')
  writeFileSync(csv, '1,Cut lists,3\n')
  const files = { base: 'main', gate: { test: 'node --test' }, agents: { a: { kind: 'acp', profile: 'codex' } } }
  const plugins = [{ package: 'csv-source', settings: { file: csv } }]
  writeFileSync(path.join(repository, '.headrace/factory.yaml'), JSON.stringify({ ...files, plugins }))
  const lane = '---\nkind: bug\nagent: a\noversight: branch\n---\n# Goal\nx\n# Done when\ny\n'
  writeFileSync(path.join(repository, '.headrace/lanes/bugs.md'), lane)
  const imported = await factory('task', 'import', '--plugin', 'csv', '--repository', repository)
  expect(imported.stdout).toMatch(/^Cut lists: T\d+ is ready\.$/m)
  expect(await factory('task', 'import', '--plugin', 'other', '--repository', repository)).toMatchObject({
    code: exitCode.refused,
    stderr: expect.stringContaining('is a source named other') as string,
  })
  const again = await factory('horizon', ...at, '--json')
  // What the gate of the demo has seen speaks for something or not, as its agents were paced.
  const horizon = JSON.parse(again.stdout) as Pick<Horizon, 'proposals' | 'decided'> // by the command
  expect(horizon.decided).toMatchObject([{ decision: { reason: 'By design' } }])
  expect(horizon.proposals.filter(({ signature }) => signature.source === 'issues')).toEqual([])
  expect(processesOf(demo.process.pid ?? 0)).toEqual([])
  // One that is killed removes nothing, so the next one does; what goes on, or is of nobody, is left alone.
  const demos = path.dirname(path.dirname(data)) // beside those of other demos
  const [, alive] = [mkdirSync(path.join(demos, 'not-ours')), await openOwnFolder('demo')]
  demo.kill('SIGKILL')
  await demo.ended
  expect(existsSync(data)).toBe(true)
  await (await openOwnFolder('demo')).close()
  expect([existsSync(data), existsSync(alive.path)]).toEqual([false, true])
  expect(readdirSync(demos)).toContain('not-ours')
  rmdirSync(path.join(demos, 'not-ours'))
  await alive.close()
})

test('a demo that is stopped while attempts begin leaves nothing and complains of nothing', async () => {
  await using demo = start(['factory', 'demo', '--port', '0'])
  const [, data] = await demo.seen(/--data (\S+)/)
  // Clones are being made; what makes them does not notice at once that they are wanted no more.
  await demo.seen(/in alpha, attempt 1/)
  demo.kill('SIGINT')
  expect(await demo.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Stopping: .*\n$/) as string })
  expect(existsSync(path.dirname(data ?? '/'))).toBe(false)
})

/** Agents of a floor, by the variable that everything they start carries, whose home is the demo's. */
function processesOf(parent: number): readonly string[] {
  const children = readFileSync(path.join('/proc', String(parent), 'task', String(parent), 'children'), 'utf8')
  return children
    .split(' ')
    .filter((pid) => pid !== '')
    .map((pid) => readFileSync(path.join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' '))
    .filter((command) => command !== '')
}

/** An agent that asks a person in a session, until it is disposed of. */
async function asking(options: {
  readonly url: string
  readonly token: string
  readonly session: string
  readonly title: string
}): Promise<AsyncDisposable & { readonly session: string }> {
  const { url, token, session: id, title } = options
  const worker = createWorker({
    url,
    token,
    agent: 'tester',
    handler: async (run) => void (await run.approve({ push: true }, { title })),
  })
  const client = connect({ url, token })
  const session = client.session(id)
  await session.send({ text: 'Ask.', agents: ['tester'], policy: 'parallel' })
  await session.until(({ view }) => view.requests.some(({ status }) => status === 'open'))
  return {
    session: id,
    async [Symbol.asyncDispose]() {
      await worker.close({ graceMs: 0 })
      await client.close()
    },
  }
}
