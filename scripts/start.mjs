// npm start [-- --port N …]: set up what is missing, then run the demo.
import process from 'node:process'
import { build, install, main, node, run } from './setup.mjs'

await main(async () => {
  await install()
  await build()
  return run(node(), ['packages/cli/dist/bin.js', 'demo', ...process.argv.slice(2)])
})
