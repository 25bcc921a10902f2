/**
 * npm run audit -- [--url http://127.0.0.1:4400 --token …] [--data DIRECTORY] [--only Q1,E3] [--deadline 60] [--write]
 *
 * Puts the questions of the session kit to a running server, from outside, and prints the score. Without `--url` it starts
 * a server of its own, which it can also restart and look into. `--write` puts the result into docs/session-audit.md.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { headraceServer } from '@headrace/testing/headrace-server'
import { runAudit, scenarios, scoreTable } from '@headrace/testing/session-kit'
import { auditPage } from './audit-page.ts'
import { startAuditTarget } from './audit-target.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string', default: process.env['HEADRACE_TOKEN'] ?? '' },
    data: { type: 'string' },
    only: { type: 'string' },
    deadline: { type: 'string', default: '60' },
    write: { type: 'boolean', default: false },
  },
})
const { url, token, data } = values
const ids = values.only?.split(',')
for (const id of ids ?? []) {
  if (!scenarios.some((scenario) => scenario.id === id)) throw new Error(`There is no question ${id}.`)
}
const server = await (
  url === undefined
    ? startAuditTarget()
    : headraceServer({ url, token, ...(data !== undefined && { dataDirectory: data }) })
).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})

const started = performance.now()
const results = await runAudit(server, {
  deadlineMs: Number(values.deadline) * 1_000,
  ...(ids && { only: ({ id }) => ids.includes(id) }),
  onResult: ({ scenario, outcome, ms }) =>
    process.stderr.write(`${scenario.id} ${outcome.verdict} (${ms.toFixed(0)} ms): ${scenario.title}\n`),
})
await server.close()
const table = scoreTable(results)
process.stdout.write(`\n${table}\n\n${((performance.now() - started) / 1_000).toFixed(0)} s\n`)
if (values.write) {
  const page = join(import.meta.dirname, '../../docs/session-audit.md')
  const cores = cpus()
  const machine = `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`
  await writeFile(page, auditPage(await readFile(page, 'utf8'), `Measured on ${machine}.\n\n${table}`))
}
process.exitCode = results.some(({ outcome }) => outcome.verdict === 'failed') ? 1 : 0
