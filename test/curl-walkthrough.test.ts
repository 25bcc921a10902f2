import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ServerProcess } from './support/server.ts'

const run = promisify(execFile)

test('L3 R2 C7: the walkthrough with curl asks, works, approves and reads by HTTP alone', async (context) => {
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
  const walk = (given = env) =>
    run('bash', [join(import.meta.dirname, '../examples/curl/walkthrough.sh'), '1'], { env: given })
  const { stdout } = await walk()
  expect(stdout).not.toContain('"error"')
  expect(stdout).toContain('Let me see. The door is open.')
  expect((await server.log('walk/1')).map(({ type }) => type)).toEqual([
    'session.created',
    'message.added',
    'run.queued',
    'run.claimed',
    'message.opened',
    'part.opened',
    'part.delta',
    'request.opened',
    'request.answered',
    'part.delta',
    'run.ended',
  ])
  // A second time, and with a token that is none, it ends where that shows.
  await expect(walk()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('walked already') as string })
  await expect(walk({ ...env, HEADRACE_TOKEN: 'x' })).rejects.toMatchObject({
    stdout: expect.stringMatching(/^\n== A session\n\{"error":\{"code":"unauthenticated"/) as string,
  })
})
