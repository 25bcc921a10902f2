#!/usr/bin/env node
// What the package names as its command. npm links a command when it installs, and only to a file that is there by then; in a
// checkout that is before the build.
import { existsSync } from 'node:fs'
import process from 'node:process'

const built = new URL('../dist/bin.js', import.meta.url)
if (existsSync(built)) await import(built.href)
else {
  console.error('headrace is not built yet. Run `npm run build` in its checkout, or `npm start` for the demo.')
  process.exitCode = 1
}
