import type { CancelTarget, CommandBody, JsonObject, MessageId, SessionSettings } from '@headrace/core'
import { postBody, sendBody, type PostInput, type SendInput } from './input.ts'
import type { Accepted } from '../outbox.ts'
import type { RegenerateOptions, Session } from './session.ts'

type Commands = Pick<Session, 'create' | 'send' | 'post' | 'cancel' | 'regenerate' | 'update'>

/** What a participant can ask of a session: each call is one command. */
export abstract class SessionCommands implements Commands {
  protected abstract submit(body: CommandBody): Promise<Accepted>

  create(settings: SessionSettings = {}): Promise<Accepted> {
    return this.submit({ type: 'create', ...settings })
  }

  send(input: string | SendInput): Promise<Accepted> {
    return this.submit(sendBody(input))
  }

  post(input: string | PostInput): Promise<Accepted> {
    return this.submit(postBody(input))
  }

  cancel(target: CancelTarget = { all: true }): Promise<Accepted> {
    return this.submit({ type: 'cancel', target })
  }

  regenerate(input: MessageId, { agent, policy }: RegenerateOptions = {}): Promise<Accepted> {
    const options = { ...(agent !== undefined && { agent }), ...(policy !== undefined && { policy }) }
    return this.submit({ type: 'regenerate', input, ...options })
  }

  update(metadata: JsonObject): Promise<Accepted> {
    return this.submit({ type: 'update', metadata })
  }
}
