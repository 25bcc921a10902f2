/**
 * npm run bench -- published [--only tokens,storm] [--draw]
 *
 * Runs every comparison that docs/performance.md shows, one after the other with nothing beside it, keeps what each found as
 * JSON in docs/performance, and makes the pictures and the tables of that page from it. `--draw` runs nothing. It takes about
 * half an hour.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bars } from './lib/bars.ts'
import { pages } from './published/pages.ts'

const docs = fileURLToPath(new URL('../docs', import.meta.url))
const folder = path.join(docs, 'performance')
const page = path.join(docs, 'performance.md')

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(pages).join(',') },
    draw: { type: 'boolean', default: false },
  },
})
await mkdir(folder, { recursive: true })
for (const name of values.only.split(',')) {
  const bench = pages[name]
  if (!bench) throw new Error(`There is no published bench ${name}; there are ${Object.keys(pages).join(', ')}.`)
  const file = path.join(folder, `${name}.json`)
  if (!values.draw) await runBench(name, [...bench.args, '--json', file])
  const report: unknown = JSON.parse(await readFile(file, 'utf8'), withoutEachReader)
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(path.join(folder, `${name}.svg`), bars(bench.charts(report)))
  await writeFile(page, withTable(await readFile(page, 'utf8'), name, bench.table(report)))
}

async function runBench(name: string, args: readonly string[]): Promise<void> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@headrace/source', file, ...args], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null] // by its documentation
  if (code !== 0) throw new Error(`The bench ${name} failed.`)
}

/** Numbers of a thousand readers one by one are more than anybody looks at. */
function withoutEachReader(key: string, value: unknown): unknown {
  return key === 'bySubscriber' ? undefined : value
}

/** Puts a table between the marks of its bench. */
function withTable(markdown: string, name: string, made: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const from = markdown.indexOf(begin)
  const to = markdown.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${page} has no place for ${name}: ${begin} and ${end} mark it.`)
  return `${markdown.slice(0, from + begin.length)}\n\n${made}\n\n${markdown.slice(to)}`
}
