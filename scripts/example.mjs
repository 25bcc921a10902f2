// npm run example -- <name>: runs examples/<name>/server.ts from sources.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Failure, install, main, node, root, run } from './setup.mjs'

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  const folder = path.join(root, 'examples')
  const serverOf = (example) => path.join(folder, example, 'server.ts')
  if (name === undefined || !existsSync(serverOf(name))) {
    const names = readdirSync(folder).filter((entry) => existsSync(serverOf(entry)))
    throw new Failure(`usage: npm run example -- <name>; names: ${names.join(', ')}`)
  }
  await install()
  return run(node(), ['--conditions=@headrace/source', serverOf(name), ...args])
})
