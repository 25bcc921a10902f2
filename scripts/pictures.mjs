// npm run pictures: runs both demos and takes the pictures of the README from them, into docs/pictures.
import { build, install, main, node, run } from './setup.mjs'

await main(async () => {
  await install()
  await build()
  return run(node(), ['--conditions=@headrace/source', 'test/support/pictures.ts'])
})
