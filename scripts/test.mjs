// npm test [-- vitest args]: every check a change must pass. `npm run check` (or HEADRACE_QUICK=1) stops before the tests.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { build, Failure, install, main, node, root, run, tool } from './setup.mjs'

if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1'

const args = process.argv.slice(2)
const quick = args[0] === '--static' || process.env.HEADRACE_QUICK === '1'

const steps = [
  ['format', () => run(node(), [tool('oxfmt'), '--check'])],
  ['lint', () => run(node(), [tool('oxlint')])],
  ['types', () => run(node(), [tool('typescript', 'tsc'), '-b'])],
  ['build', () => build().then(() => 0)],
  ['unused code and dependencies', () => run(node(), [tool('knip')])],
  ['packages', () => run(node(), ['scripts/publint.mjs'])],
  ['spec', () => (existsSync(path.join(root, 'scripts/spec.mjs')) ? run(node(), ['scripts/spec.mjs']) : 0)],
]

async function timed(name, body) {
  console.log(`\n── ${name}`)
  const start = performance.now()
  let code = 1
  try {
    code = await body()
  } catch (error) {
    console.log(error instanceof Failure ? error.message : error)
  }
  console.log(`── ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return code === 0
}

await main(async () => {
  await install()
  const failed = []
  for (const [name, body] of steps) if (!(await timed(name, body))) failed.push(name)

  // Locally a mistake that seconds have shown needs no minutes of tests; CI shows everything at once.
  let closingLine = ''
  if (!quick && (failed.length === 0 || process.env.CI === 'true')) {
    const folder = mkdtempSync(path.join(tmpdir(), 'headrace-test-'))
    const file = path.join(folder, 'closing-line')
    const tests = () => run(node(), [tool('vitest'), 'run', ...args], { env: { HEADRACE_CLOSING_LINE: file } })
    if (!(await timed('tests', tests))) failed.push('tests')
    if (existsSync(file)) closingLine = readFileSync(file, 'utf8')
    rmSync(folder, { recursive: true })
  }
  if (failed.length > 0) console.log(`\nFAILED: ${failed.join(', ')}`)
  if (closingLine !== '') console.log(`\n${closingLine}`)
  return failed.length === 0 ? 0 : 1
})
