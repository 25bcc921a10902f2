// npm run campaign -- [--faults kill,…] [--short] [--minutes N] [--json]: runs campaign/main.ts from sources.
import path from 'node:path'
import process from 'node:process'
import { install, main, node, root, run } from './setup.mjs'

await main(async () => {
  await install()
  return run(node(), ['--conditions=@headrace/source', path.join(root, 'campaign/main.ts'), ...process.argv.slice(2)])
})
