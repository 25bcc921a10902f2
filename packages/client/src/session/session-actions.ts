import type {
  AgentName,
  Answer,
  Audience,
  CancelTarget,
  JsonObject,
  JsonPatch,
  MessageId,
  Request,
  RunId,
  SendPolicy,
  SessionSettings,
  SettingsChange,
} from '@headrace/core'
import type { Accepted } from '../outbox.ts'
import type { Content, PostInput, SendInput } from './input.ts'

/** What `update` can change of a session. */
export interface SessionChange extends SettingsChange {
  /** Merged into the session's metadata; `null` removes a key. */
  readonly metadata?: JsonObject
}

export interface CommandOptions {
  /**
   * Names the command within the session: another one of the same participant with the same id gets the answer of the
   * first and changes nothing, also from another process. 1 to 128 characters of `A–Z a–z 0–9 . _ : -`. The server
   * remembers the newest 1,024 commands of a session. Default: an id of its own, so that two equal calls are two commands.
   */
  readonly id?: string
}

export interface RegenerateOptions {
  /** Who shall answer. Default: the session's agent. */
  readonly agent?: AgentName
  readonly policy?: SendPolicy
}

export interface SteerOptions {
  /** Whether it becomes the next input if the agent does not take it. Default `true`. */
  readonly carry?: boolean
  /** Who may see it. Default: everybody who may read the session. */
  readonly to?: Audience
}

export interface TakeFloorOptions {
  /** Why, for the others to read. */
  readonly note?: string
  /** Takes it from another person; needs the verb `admin`. */
  readonly force?: boolean
}

export interface PatchOptions {
  /** Refused with `version_conflict` if the document has another version by now. Default: applied to whatever it is. */
  readonly version?: number
}

export interface RedactOptions {
  /** Only this part. Default: the whole message. */
  readonly part?: string
  /** Why, for the record. Must not repeat what is taken out. */
  readonly reason?: string
}

/**
 * A request by its id, or as it was shown. An approval is bound to the action that the request has where it was shown: if
 * that is no longer the action which waits, the answer is refused with `action_changed`.
 */
export type RequestRef = string | Pick<Request, 'id' | 'digest'>

/**
 * What a participant can ask of a session: each call is one command. It resolves when that is durable (`accepted`) or was
 * so already (`noop`), and rejects with a `HeadraceError` when it is refused.
 */
export interface SessionActions {
  /** Creates the session; a no-op if it exists. */
  create(settings?: SessionSettings): Promise<Accepted>
  /** Says something that an agent shall answer. */
  send(input: string | SendInput, options?: CommandOptions): Promise<Accepted>
  /** Says something that no agent need answer. */
  post(input: string | PostInput, options?: CommandOptions): Promise<Accepted>
  /** Stops runs. Default: all of the session. */
  cancel(target?: CancelTarget): Promise<Accepted>
  /** Asks for another answer to an input. */
  regenerate(input: MessageId, options?: RegenerateOptions): Promise<Accepted>
  /** Changes metadata and settings, also whether the session is archived. */
  update(change: SessionChange): Promise<Accepted>
  /**
   * Says something to the agent that works on a run. Whether it took that into account shows in the run's `steers`.
   *
   * @throws HeadraceError `run_ended` when the run is over or being stopped: send it as a new input
   */
  steer(run: RunId, input: string | Content, options?: SteerOptions): Promise<Accepted>
  /** Holds a run: nobody takes it, and none of its output is taken, until it is resumed. */
  pause(run: RunId): Promise<Accepted>
  /** Lets a paused or suspended run go on. */
  resume(run: RunId): Promise<Accepted>
  /** Puts a queued run before another one. Default: last. */
  reorder(run: RunId, before?: RunId | null): Promise<Accepted>
  /** Gives a run whose agent could not be reached another chance. */
  retry(run: RunId): Promise<Accepted>
  /**
   * Answers what an agent asks. For an approval it names the action that is shown here, for a tool this device.
   *
   * @throws HeadraceError `request_closed`: somebody was first, and `detail.by` says who; `action_changed`; `invalid_answer`
   * @example
   * ```ts
   * const session = client.session('support/42')
   * const [request] = session.getSnapshot().view.requests
   * if (request) await session.answer(request, { value: { city: 'Bern' } })
   * ```
   */
  answer(request: RequestRef, answer: Answer): Promise<Accepted>
  /** Says yes to an approval; `reason` is for the agent and the record. */
  approve(request: RequestRef, reason?: string): Promise<Accepted>
  /** Says no to an approval, or declines a question. */
  deny(request: RequestRef, reason?: string): Promise<Accepted>
  /**
   * Takes a tool request for this device, which alone may answer it then. {@link ClientTools} do so by themselves.
   *
   * @throws HeadraceError `request_taken`: another device has it
   */
  claimRequest(request: string): Promise<Accepted>
  /** Asks whoever drives for the floor. */
  requestFloor(note?: string): Promise<Accepted>
  /**
   * Takes over: agents hold still until the floor is handed back.
   *
   * @throws HeadraceError `floor_taken`: another person holds it
   */
  takeFloor(options?: TakeFloorOptions): Promise<Accepted>
  /** Lets the agents go on. */
  handBack(note?: string): Promise<Accepted>
  /**
   * Changes the document that everybody in the session shares.
   *
   * @throws HeadraceError `version_conflict` when it has another version than `version`; `patch_failed`
   */
  patch(ops: JsonPatch, options?: PatchOptions): Promise<Accepted>
  /** Shares which branch of the conversation one looks at: the one that ends at `leaf`. */
  select(leaf: MessageId): Promise<Accepted>
  /** Takes the content of a message out of the session for good. Needs the verb `admin`. */
  redact(message: MessageId, options?: RedactOptions): Promise<Accepted>
}
