/** The demo's eight tasks, and what its agents do about them. */
import type { Script, ScriptStep } from '../agents/scripted/script.ts'
import type { FloorRequest } from '../floor/floor-request.ts'

type AddTask = Extract<FloorRequest, { readonly ask: 'add-task' }>

export interface DemoTask {
  readonly request: AddTask
  readonly script: Script
  /** How it must end. */
  readonly ends: 'done' | 'parked'
  /** How its last attempt must end: one of these. */
  readonly outcomes: readonly ('merged' | 'rejected' | 'replaced' | 'nuked' | 'parked' | 'budget')[]
}

const runTests: ScriptStep = { do: 'run', argv: ['node', '--test'] }

/** A task that is done at the first go. */
function good(request: AddTask, files: Readonly<Record<string, string>>): DemoTask {
  const writes = Object.entries(files).map(([path, text]): ScriptStep => ({ do: 'write', path, text }))
  return {
    request,
    ends: 'done',
    outcomes: ['merged'],
    script: {
      turns: [
        [
          { do: 'think', text: 'A function of its own, and tests that say what it does.' },
          { do: 'run', argv: ['ls', 'src', 'test'] },
          ...writes,
          runTests,
          { do: 'say', text: 'Done, with tests. The suite is green.' },
        ],
      ],
    },
  }
}

function testFile(imports: string, cases: readonly (readonly [string, string])[]): string {
  const tests = cases.map(([title, line]) => `test('${title}', () => {\n  ${line}\n})\n`)
  return `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\n${imports}\n\n${tests.join('\n')}`
}

const listWith = (sum: string, median: string): string => `export function sum(list) {
${sum}
}

export function median(list) {
${median}
}
`
const soundSum = '  return list.reduce((total, value) => total + value, 0)'
const firstMedian = `  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]`

export const demoBacklog: readonly DemoTask[] = [
  good(
    {
      ask: 'add-task',
      title: 'Prove what happens to an empty list',
      body: 'Nothing says what `sum([])` is. Add a test.',
      kind: 'ci',
      priority: 1,
      acceptance: ['a test shows that the sum of an empty list is 0'],
    },
    {
      'test/empty.test.js': testFile("import { sum } from '../src/list.js'", [
        ['the sum of an empty list is 0', 'assert.equal(sum([]), 0)'],
      ]),
    },
  ),
  good(
    {
      ask: 'add-task',
      title: 'Cut a list into pieces',
      body: 'Add `chunk(list, size)` in a file of its own.',
      kind: 'feature',
      lane: 'alpha',
      acceptance: ['the last piece may be shorter', 'a size below 1 is refused'],
    },
    {
      'src/chunk.js': `export function chunk(list, size) {
  if (!(size >= 1)) throw new RangeError(\`size must be at least 1, not \${size}\`)
  const pieces = []
  for (let at = 0; at < list.length; at += size) pieces.push(list.slice(at, at + size))
  return pieces
}
`,
      'test/chunk.test.js': testFile("import { chunk } from '../src/chunk.js'", [
        ['the last piece may be shorter', 'assert.deepEqual(chunk([1, 2, 3], 2), [[1, 2], [3]])'],
        ['a size below 1 is refused', 'assert.throws(() => chunk([1], 0), RangeError)'],
      ]),
    },
  ),
  good(
    {
      ask: 'add-task',
      title: 'Make an address of a title',
      body: 'Add `slugify(text)`: lower case, words joined by hyphens.',
      kind: 'feature',
      lane: 'alpha',
      acceptance: ['signs and blanks become one hyphen'],
    },
    {
      'src/slugify.js': `export function slugify(text) {
  return text.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== '').join('-')
}
`,
      'test/slugify.test.js': testFile("import { slugify } from '../src/slugify.js'", [
        ['signs and blanks become one hyphen', "assert.equal(slugify('Hello, big  World!'), 'hello-big-world')"],
      ]),
    },
  ),
  good(
    {
      ask: 'add-task',
      title: 'Give pages an address of their own',
      body: 'Add `address(page)`: `/<id>-<slug of the title>`.',
      kind: 'feature',
      lane: 'alpha',
      dependsOn: ['T3'],
      acceptance: ['two pages with the same title have different addresses'],
    },
    {
      'src/address.js': `import { slugify } from './slugify.js'

export function address({ id, title }) {
  return \`/\${id}-\${slugify(title)}\`
}
`,
      'test/address.test.js': testFile("import { address } from '../src/address.js'", [
        ['the id is in it', "assert.equal(address({ id: 7, title: 'A b' }), '/7-a-b')"],
      ]),
    },
  ),
  good(
    {
      ask: 'add-task',
      title: 'Prove that words survive line breaks',
      body: 'The tests of `words` know blanks only.',
      kind: 'ci',
      priority: 3,
    },
    {
      'test/lines.test.js': testFile("import { words } from '../src/text.js'", [
        ['line breaks and tabs end a word', "assert.deepEqual(words('a\\nb\\tc'), ['a', 'b', 'c'])"],
      ]),
    },
  ),
  {
    // Breaks a test, is told so by the gate, and repairs it.
    request: {
      ask: 'add-task',
      title: 'Make sum shorter',
      body: 'Rewrite `sum` in one line, without changing what it does.',
      kind: 'bug',
      lane: 'hasty',
    },
    ends: 'done',
    outcomes: ['merged'],
    script: {
      turns: [
        [
          {
            do: 'write',
            path: 'src/list.js',
            text: listWith('  return list.reduce((total, value) => total + Math.abs(value), 0)', firstMedian),
          },
          { do: 'say', text: 'One line. I am sure that it works.' },
        ],
        [
          { do: 'think', text: 'The sum of -1 and 1 is 0, and I made it 2.' },
          { do: 'write', path: 'src/list.js', text: listWith(soundSum, firstMedian) },
          runTests,
          { do: 'say', text: 'Repaired: the numbers are added as they are.' },
        ],
      ],
    },
  },
  {
    // Looks at the same thing again and again, and changes nothing.
    request: {
      ask: 'add-task',
      title: 'Find out why median is slow',
      body: 'Somebody says that `median` is slow for long lists.',
      kind: 'feature',
      lane: 'dreamer',
    },
    ends: 'parked',
    // Whatever is first: going in circles for too long, the last of its tries, or the end of its budget.
    outcomes: ['replaced', 'nuked', 'parked', 'budget'],
    script: {
      turns: [
        [
          { do: 'say', text: 'Let me have another look.', times: 1 },
          { do: 'run', argv: ['cat', 'src/list.js'], times: 500 },
        ],
      ],
    },
  },
  {
    // Makes the suite green by weakening it.
    request: {
      ask: 'add-task',
      title: 'Return the mean of the two in the middle',
      body: 'The median of a list of even length is the mean of the two in the middle.',
      kind: 'bug',
      lane: 'crooked',
    },
    ends: 'parked',
    outcomes: ['rejected'],
    script: {
      turns: [
        [
          {
            do: 'write',
            path: 'src/list.js',
            text: listWith(soundSum, '  return list.length / 2'),
          },
          {
            do: 'write',
            path: 'test/list.test.js',
            text: testFile("import { median, sum } from '../src/list.js'", [
              ['sum adds the numbers of a list', 'assert.equal(sum([1, 2, 3]), 6)'],
            ]).concat(
              "\ntest.skip('median is the middle of a list, whatever its order', () => {\n  assert.ok(median([3, 1, 2]))\n})\n",
            ),
          },
          runTests,
          { do: 'say', text: 'All tests are green.' },
        ],
      ],
    },
  },
]
