#!/usr/bin/env node
// This file must parse and run on any Node that knows ES modules, so it loads nothing before it has looked at the version.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `headrace needs Node 22.13 or newer, and this is Node ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  )
  process.exitCode = 1
} else {
  import('./main.ts')
    .then(({ main }) => main(process.argv))
    .catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
}

export {}
