import type { SendInput, Session } from '@headrace/client'
import type { SendPolicy } from '@headrace/core'
import { openClient } from '../connection/open-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { keepWaiting } from '../connection/keep-waiting.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { followAnswer } from './follow-answer.ts'
import { tellAbsent } from './tell-absent.ts'

export interface SendOptions extends TargetOptions {
  readonly agent?: string
  readonly policy?: SendPolicy
  readonly create?: boolean
  readonly follow?: boolean
}

/** More is refused by the server anyway. */
const maxChars = 262_144

/** Sends a message, and with `follow` prints the answer. */
export async function send(id: string, words: readonly string[], options: SendOptions): Promise<void> {
  const { agent, policy } = options
  const text = words.length === 1 && words[0] === '-' ? await readInput() : words.join(' ')
  if (text.trim() === '')
    throw new Problem(exitCode.usage, 'The message is empty. Write it after the session, or give - and pipe it in.')
  const client = await openClient(options)
  try {
    const session = client.session(id)
    if (options.create === true) await keepWaiting(client, session.create())
    const input = { text, ...(agent !== undefined && { agent }), ...(policy !== undefined && { policy }) }
    const sent = async (): Promise<void> => (agent === undefined ? undefined : tellAbsent(agent, id, options))
    if (options.follow === true)
      return await keepWaiting(client, Promise.race([ask(session, input, sent), interruption(id)]))
    const { seq } = await keepWaiting(client, session.send(input))
    processOutput.out(String(seq))
    await sent()
  } finally {
    await client.close()
  }
}

async function ask(session: Session, input: SendInput, sent: () => Promise<void>): Promise<void> {
  const answer = followAnswer(session)
  try {
    await answer.ready
    const { seq } = await session.send(input)
    void sent()
    await answer.print(seq)
  } finally {
    answer.stop()
  }
}

/** Ctrl-C ends the waiting and not the work: a reader that leaves is no cancel. */
function interruption(id: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    process.once('SIGINT', () => {
      reject(
        new Problem(exitCode.interrupted, `No longer waiting. The agent goes on; \`headrace cancel ${id}\` stops it.`),
      )
    })
  })
}

async function readInput(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > maxChars)
      throw new Problem(
        exitCode.usage,
        `The message has more than ${maxChars} characters. Send a file by its address instead.`,
      )
  }
  return text.trimEnd()
}
