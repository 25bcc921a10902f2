// npm run build: a clean build of libraries, command and console.
import { build, install, main } from './setup.mjs'

await main(async () => {
  await install()
  await build({ clean: true })
})
