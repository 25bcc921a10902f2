import { once } from 'node:events'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { createMcpServer } from '@headrace/server/mcp'
import { keepWaiting } from '../connection/keep-waiting.ts'
import { openClient } from '../connection/open-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { clientSessions } from './client-sessions.ts'

/** Serves tools over sessions on standard input and output, until the input ends or no connection can help any more. */
export async function mcp(options: TargetOptions): Promise<void> {
  const client = await openClient(options)
  const sessions = clientSessions(client)
  const ended = Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close')])
  // What goes wrong between two programs is for whoever reads the log of the one that started us.
  const serving = serveStdio(() => createMcpServer({ sessions }), {
    onerror: (error) => process.stderr.write(`warning: ${error.message}\n`),
  })
  try {
    await keepWaiting(client, ended)
  } finally {
    await serving.close()
    await client.close()
  }
}
