// npm run audit -- [--url http://… --token …] [options]: puts the questions of the session kit to a server, from sources.
import process from 'node:process'
import { install, main, node, run } from './setup.mjs'

await main(async () => {
  await install()
  return run(node(), ['--conditions=@headrace/source', 'test/support/audit.ts', ...process.argv.slice(2)])
})
