import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ServerProcess } from './support/server.ts'

const run = promisify(execFile)

/** The block of the README that is marked with a name. */
async function block(name: string): Promise<string> {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')
  const found = new RegExp(`<!-- run: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1]
  if (found === undefined) throw new Error(`README.md has no block marked "run: ${name}"`)
  return found
}

test('the README’s agent and client programs work as they stand', async () => {
  await using server = await ServerProcess.start()
  // Beside the tests, so that the packages resolve as they do for a user who installed them.
  const folder = await mkdtemp(join(import.meta.dirname, 'readme-'))
  const env = { ...process.env, HEADRACE_URL: server.url, HEADRACE_TOKEN: server.token }
  const node = ['--conditions=@headrace/source']
  try {
    for (const name of ['agent', 'client']) await writeFile(join(folder, `${name}.ts`), await block(name))
    const agent = spawn(process.execPath, [...node, join(folder, 'agent.ts')], { env, stdio: 'inherit' })
    const ended = once(agent, 'exit')
    const client = await run(process.execPath, [...node, join(folder, 'client.ts')], { env })
    expect(client.stdout).toBe('You asked 1 thing.\n')
    agent.kill()
    await ended
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('the README’s curl commands write and read a session', async (context) => {
  const hasCurl = await run('curl', ['--version']).then(
    () => true,
    () => false,
  )
  if (!hasCurl) {
    if (process.env['CI']) throw new Error('curl is missing')
    return context.skip('curl is not installed')
  }
  await using server = await ServerProcess.start()
  const env = { ...process.env, HEADRACE_URL: server.url, HEADRACE_TOKEN: server.token }
  const { stdout } = await run('bash', ['-euc', await block('curl')], { env })
  expect(stdout).toContain('"text":"Hello from curl"')
  expect((await server.log('support/43')).map((event) => event.type)).toEqual(['session.created', 'message.added'])
})
