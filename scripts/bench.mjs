// npm run bench -- <name> [args]: runs bench/<name>.ts from sources.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Failure, install, main, node, root, run } from './setup.mjs'

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  const folder = path.join(root, 'bench')
  const file = path.join(folder, `${name}.ts`)
  if (name === undefined || !existsSync(file)) {
    const names = existsSync(folder) ? readdirSync(folder).filter((entry) => entry.endsWith('.ts')) : []
    throw new Failure(`usage: npm run bench -- <name>; names: ${names.map((entry) => entry.slice(0, -3)).join(', ')}`)
  }
  await install()
  return run(node(), ['--conditions=@headrace/source', file, ...args])
})
