import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const src = path.join(home, 'src')

test('core has no dependencies', async () => {
  const manifest = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as Record<string, unknown> // a package.json is an object
  for (const key of ['dependencies', 'peerDependencies', 'optionalDependencies'])
    expect(manifest).not.toHaveProperty(key)
})

test('core imports nothing but its own files', async () => {
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(20)
  const outside: string[] = []
  for (const file of files) {
    const text = await readFile(path.join(src, file), 'utf8')
    for (const [, from = ''] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      const target = path.resolve(src, path.dirname(file), from)
      if (!from.startsWith('.') || !target.startsWith(src + path.sep)) outside.push(`${file}: ${from}`)
    }
  }
  expect(outside).toEqual([])
})

test('core can’t name a clock, a console, a process or a socket: its own compiler options refuse them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'headrace-core-'))
  const names = ['setTimeout', 'console', 'process', 'fetch', 'WebSocket', 'Buffer', 'crypto', 'performance', 'require']
  await writeFile(
    path.join(folder, 'fixture.ts'),
    names.map((name, index) => `export const n${index}: unknown = ${name}\n`).join(''),
  )
  const config = {
    extends: path.join(home, 'tsconfig.json'),
    compilerOptions: { composite: false, declaration: true, noEmit: true, rootDir: '.' },
    include: ['fixture.ts'],
  }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  const output = await tsc(folder)
  await rm(folder, { recursive: true })
  const refused = [...output.matchAll(/Cannot find name '(\w+)'/g)].map(([, name]) => name)
  expect(refused).toEqual(names)
})

function tsc(folder: string): Promise<string> {
  const file = path.join(home, '../../node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [file, '-p', folder, '--pretty', 'false'], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}
