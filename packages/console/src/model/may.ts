import { matches, type Capability, type SessionId, type Verb } from '@headrace/core'

/** What a reader may do in a session. The server decides; the page only leaves out what would be refused. */
export interface May {
  /** Ask agents. */
  readonly send: boolean
  /** Leave notes. */
  readonly post: boolean
  /** Stop what others asked for, too. */
  readonly control: boolean
  /** Answer what agents ask. */
  readonly answer: boolean
  /** Take over, so that agents hold still. */
  readonly takeFloor: boolean
  /** Let others in. */
  readonly admin: boolean
}

export const mayAll: May = { send: true, post: true, control: true, answer: true, takeFloor: true, admin: true }

/** For what is over: it can be looked at and nothing else. */
export const mayNothing: May = {
  send: false,
  post: false,
  control: false,
  answer: false,
  takeFloor: false,
  admin: false,
}

export function mayIn(session: SessionId, capabilities: readonly Capability[]): May {
  const may = (verb: Verb): boolean =>
    capabilities.some((capability) => capability.verbs.includes(verb) && matches(capability.sessions, session))
  return {
    send: may('send'),
    post: may('post'),
    control: may('control'),
    answer: may('answer'),
    takeFloor: may('take-floor'),
    admin: may('admin'),
  }
}
