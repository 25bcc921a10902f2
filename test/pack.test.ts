/** The packages as npm would publish them: installed in a project that is not ours, they are whole. */
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

test('what `npm run pack` makes is installed as it says, and each of its entries can be loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-pack-'))
  try {
    const packed = await run('npm', ['run', 'pack', '--', join(folder, 'packs')], { cwd: root })
    const [command = '', ...args] = /npm install .*\{core,formats,client\}\S*/.exec(packed.stdout)?.[0].split(' ') ?? []
    const [pattern = ''] = args.slice(1)
    const files = globSync(pattern)
    expect(files).toHaveLength(3)
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    // Peers such as React are the project's; without them nothing has to be fetched.
    await run(command, ['install', ...files, '--offline', '--legacy-peer-deps', '--no-audit'], { cwd: folder })

    const installed = join(folder, 'node_modules/@headrace')
    const { exports } = JSON.parse(await readFile(join(installed, 'client/package.json'), 'utf8')) as Manifest // as packed
    const entries = Object.keys(exports).filter((entry) => !/json$|react|tanstack/.test(entry))
    expect(entries).toContain('./ai-sdk')
    const load = entries.map((entry) => `await import('${entry.replace('.', '@headrace/client')}')`).join('\n')
    await writeFile(
      join(folder, 'load.js'),
      `${load}
      const { connect } = await import('@headrace/client')
      const client = connect({ url: 'http://127.0.0.1:1', token: 't' })
      console.log(client.status.state)`,
    )
    const loaded = await run(process.execPath, ['load.js'], { cwd: folder })
    expect(loaded.stdout).toBe('offline\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
