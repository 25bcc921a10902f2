import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { boundedLines, type BoundedLine } from '../src/factory/bounded-lines.ts'
import { exitCode } from '../src/exit-code.ts'
import { folder, headrace } from './support/headrace.ts'

interface Given {
  readonly command: string
  readonly label?: string
}

function run(agent: string, name: string, steps: readonly Given[], resolved: boolean | null = null): string {
  return JSON.stringify({
    agent,
    run: name,
    resolved,
    steps: steps.map(({ command, label }) => ({
      thought: '',
      action: { name: 'bash', args: { command } },
      result: `Error: ${command}`,
      vsPrevious: { action: label ?? null },
    })),
  })
}

const circle = run('a', 'r1', [{ command: 'make' }, { command: 'make', label: 'Repetition' }], false)
const other = run('b', 'r2', [{ command: 'make' }, { command: 'ls', label: 'Follow-up' }], true)

test('J3b: steps that go in circles are told with the fact; lines that are no runs with number and field, and left out', async () => {
  await using place = await folder()
  const file = path.join(place.path, 'runs.jsonl')
  writeFileSync(
    file,
    `${circle}\n{"agent":1}\n\nno json\n${run('b', 'r3', [{ command: 'make' }, { command: 'make' }])}`,
  )
  const { code, stdout, stderr } = await headrace(['factory', 'detect', '--trajectories', file])
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout:
      'ours a/r1 step 1: flagged, and a person says Repetition: same call, same output, 2nd time\nours b/r3 step 1: same call, same output, 2nd time\n',
  })
  expect(stderr.split('\n')).toEqual([
    `${file}, line 2: This is no trajectory: agent must be a text. It is left out.`,
    `${file}, line 4: This is no trajectory: it is no JSON. It is left out.`,
    '',
  ])
})

test('J3: labels give figures by agent and by rules, as Markdown and as JSON, also from a packed file', async () => {
  await using place = await folder()
  const file = path.join(place.path, 'runs.jsonl.gz')
  writeFileSync(file, gzipSync(`${circle}\n${other}\n`))
  const args = ['factory', 'detect', '--trajectories', file, '--labels', '--rules', 'ours,roo']
  const text = await headrace(args)
  expect(text.code).toBe(0)
  expect(text.stdout).toContain('### a\n\n1 runs, 1 labelled steps, 1 of them repetitions.')
  expect(text.stdout).toMatch(/^\| ours \(from 0\.5\) \| 1 \| 1\.00 \(1\.00–1\.00\)/m)
  expect(text.stdout).toMatch(/^\| roo \| 0 \| – \|/m)
  const json = await headrace([...args, '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({
    evaluation: {
      runs: 2,
      malformed: 0,
      rules: [
        { rules: 'ours', agents: [{ agent: 'a', metrics: { f1: 1 } }, { agent: 'b' }] },
        { rules: 'roo', agents: [{ agent: 'a', metrics: { f1: 0 } }, { agent: 'b' }] },
      ],
    },
  })
})

test('J3b: a file that is not there, one without labels and unknown rules are told', async () => {
  await using place = await folder()
  const missing = path.join(place.path, 'none.jsonl')
  expect(await headrace(['factory', 'detect', '--trajectories', missing])).toMatchObject({
    code: exitCode.usage,
    stderr: expect.stringContaining("none.jsonl can't be read"),
  })
  const file = path.join(place.path, 'runs.jsonl')
  writeFileSync(file, run('a', 'r', [{ command: 'make' }]))
  expect(await headrace(['factory', 'detect', '--trajectories', file])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No step of 1 run goes in circles.\n',
  })
  expect(await headrace(['factory', 'detect', '--trajectories', file, '--labels'])).toMatchObject({
    code: exitCode.usage,
    stderr: expect.stringContaining('has no labels'),
  })
  expect(await headrace(['factory', 'detect', '--trajectories', file, '--rules', 'magic'])).toMatchObject({
    code: exitCode.usage,
    stderr: expect.stringContaining('There are ours, gemini'),
  })
})

test('J3b: of a line that is too long no more is held than the bound, and the lines after it are read', async () => {
  const read = async (chunks: readonly string[]): Promise<readonly BoundedLine[]> => {
    const input = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk)
    })()
    const lines: BoundedLine[] = []
    for await (const line of boundedLines(input, 8)) lines.push(line)
    return lines
  }
  const whole = ['one\n', 'a line that is', ' too long\n', '\ntwo', 'Ä\n', 'end']
  const lines = [
    { number: 1, text: 'one' },
    { number: 2, tooLong: 23 },
    { number: 4, text: 'twoÄ' },
    { number: 5, text: 'end' },
  ]
  expect(await read(whole)).toEqual(lines)
  const bytes = Buffer.from(whole.join(''))
  const input = (async function* () {
    for (let index = 0; index < bytes.length; index++) yield bytes.subarray(index, index + 1)
  })()
  const one: BoundedLine[] = []
  for await (const line of boundedLines(input, 8)) one.push(line)
  expect(one).toEqual(lines)
})
