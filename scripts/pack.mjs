// npm run pack [-- <folder>]: the packages as npm would publish them, for projects of one's own while they are not there.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { build, Failure, install, main, root, run } from './setup.mjs'

const names = ['core', 'formats', 'client', 'server', 'testing', 'factory', 'cli']

await main(async () => {
  const folder = path.resolve(process.argv[2] ?? path.join(root, 'packs'))
  await install()
  await build()
  mkdirSync(folder, { recursive: true })
  // Those of an older version would be installed beside the new ones.
  for (const name of readdirSync(folder)) {
    if (/^headrace(?:-\w+)?-\d[\w.-]*\.tgz$/.test(name)) rmSync(path.join(folder, name))
  }
  const packages = names.flatMap((name) => ['--workspace', `packages/${name}`])
  const npm = process.env.npm_execpath
  const args = ['pack', '--silent', '--pack-destination', folder, ...packages]
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], { stdio: ['ignore', 'ignore', 2] })
    : await run('npm', args, { stdio: ['ignore', 'ignore', 2], shell: process.platform === 'win32' })
  if (code !== 0) throw new Failure('npm pack failed; its output is above')
  console.log(`Packed into ${folder}. In your project:`)
  console.log(`  npm install ${path.join(folder, 'headrace-{core,formats,client}-*.tgz')}   # a page, an agent`)
  console.log(`  npm install ${path.join(folder, 'headrace-*.tgz')}   # all of it, and the command`)
})
