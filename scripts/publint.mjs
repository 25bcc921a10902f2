// Checks each published package as npm would pack it.
import path from 'node:path'
import process from 'node:process'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from './setup.mjs'

const names = ['core', 'formats', 'client', 'server', 'testing', 'factory', 'cli']

const findings = await Promise.all(
  names.map(async (name) => {
    const { messages, pkg } = await publint({ pkgDir: path.join(root, 'packages', name), strict: true })
    return messages.map((message) => `packages/${name}: ${formatMessage(message, pkg, { color: false })}`)
  }),
)
for (const text of findings.flat()) console.log(text)
if (findings.flat().length > 0) process.exitCode = 1
