/**
 * One attempt, from a fresh clone to its outcome.
 *
 *   clone ─▶ agent works ─▶ agent is ended ─▶ work leaves the clone ─▶ offered to the gate ─▶ merged
 *              ▲   ▲ │                              │                        │ no, and a round is left
 *              │   └─┘ steered, held still          └─ proposed, branched    │
 *              └─────────────────────────────────────────────────────────────┘
 *
 * All the while the detector listens (W2): who goes in circles is told so, and after that replaced, given up, or left to a
 * person.
 *
 * What is needed to go on after a crash is in the session before it is relied on: the id of the agent's own session, and
 * which round it is. The clone is found by the attempt's id, and an offer that was made is the same offer.
 */
import type { AgentRun, Chunk } from '@headrace/client/agent'
import { textOf, type Json, type Message } from '@headrace/core'
import type { AgentAtWork, AgentStart, PermissionAsk, TurnEnd } from '../agents/agent.ts'
import { confinementInForce, inForceInWords, sandboxFor } from '../cell/open-cell.ts'
import { FactoryError } from '../errors.ts'
import type { AttemptResult } from '../floor/task.ts'
import { askFloor } from '../foreman/ask-floor.ts'
import { noteIn, notes, type AttemptOrder, type LandOrder } from '../foreman/notes.ts'
import { proposalsIn } from '../horizon/agent-proposals.ts'
import { requestOf } from '../horizon/proposal.ts'
import type { Offer } from '../merge/offer.ts'
import { decidePermission } from '../oversight/decide-permission.ts'
import { createPathMatcher } from '../paths.ts'
import { workDiff } from '../work/work-diff.ts'
import type { Lane, LaneRunnerOptions } from './lane-runner.ts'
import { AttemptClone, type AttemptCloneOptions } from './attempt-clone.ts'
import { converse } from './attempt-conversation.ts'
import { AttemptJudgement } from './attempt-judgement.ts'
import { AttemptModels } from './attempt-models.ts'
import { AttemptOffers } from './attempt-offers.ts'
import { AttemptSkills } from './attempt-skills.ts'
import { goOnPrompt, redPrompt, taskPrompt } from './prompts.ts'
import { resultOfVerdict } from './result-of-verdict.ts'

export interface AttemptRunOptions extends Omit<LaneRunnerOptions, 'lane'> {
  readonly order: AttemptOrder
  readonly lane: Lane
}

/** What an attempt remembers across crashes: a `factory.round` part each time something in it changes. */
interface Memory {
  readonly round: number
  /** What must be there before the agent starts was made. */
  readonly prepared?: boolean
  /** Id of the agent's own session. */
  readonly session?: string
  /** What the gate said in the round before. */
  readonly red?: { readonly why: string; readonly evidence: string; readonly failure?: string }
  /** The agent was given its words of this round. */
  readonly told?: boolean
  /** How often the agent was killed from outside. */
  readonly killed?: number
}

const maxReportChars = 65_536
const memoryNote = 'factory.round'
const outcomeNote = 'factory.outcome'
/** How often the agent of one attempt is started again after something outside of it has killed it. */
const maxKilled = 3

export class AttemptRun {
  readonly #run: AgentRun
  readonly #options: AttemptRunOptions
  readonly #id: string
  /** Aborts when the attempt has had its time. */
  readonly #deadline: AbortSignal
  readonly #models: AttemptModels
  readonly #offers: AttemptOffers
  readonly #cloning: AttemptCloneOptions
  #judgement: AttemptJudgement | undefined
  /** What the agent said and did, in pieces. */
  #heard = 0
  /** The end of what the agent said. */
  #report = ''
  #skills: AttemptSkills | undefined
  #memory: Memory

  /** Under a step that no later try has: what was noted before must not make room for what is noted after a crash. */
  readonly #note = (name: string, value: Json): Promise<void> =>
    this.#run.step(`notes.${this.#run.attempt}`, (output) => output.write({ type: 'data', name, value }))

  constructor(run: AgentRun, options: AttemptRunOptions) {
    this.#run = run
    this.#options = options
    const { order, lane, client, sessions } = options
    this.#id = `${order.task.toLowerCase()}-${order.attempt}`
    const own = run.view.messages.filter((message) => message.run === run.id)
    this.#memory = (noteIn(own, memoryNote) as unknown as Memory | undefined) ?? { round: 1 }
    const onTokens = (tokens: number): void => this.#judgement?.tokens(tokens)
    this.#models = new AttemptModels({ run, proxy: options.models, agent: lane.agent.name, onTokens })
    this.#offers = new AttemptOffers({ run, id: this.#id, order, lane, client, sessions, note: this.#note })
    const base = order.try?.base
    this.#cloning = { ...options, id: this.#id, ...(base !== undefined && { base }) }
    this.#deadline = AbortSignal.timeout(lane.attemptMs ?? 3_600_000)
  }

  async work(): Promise<AttemptResult> {
    try {
      return await this.#work()
    } finally {
      this.#judgement?.close()
      this.#models.close()
    }
  }

  async #work(): Promise<AttemptResult> {
    const { order } = this.#options
    if (order.lands) return this.#land(order.lands)
    // It was over, and its process was killed before it could say so.
    const before = this.#outcomeIn(this.#run.view.messages)
    const left = await AttemptClone.find(this.#cloning)
    // Whoever had the attempt before may be gone in the middle, and its agent be at work without anybody who hears it.
    await left?.end()
    if (before) {
      await left?.putAway(inWords(before))
      return before
    }
    const refused = (await this.#tellInForce()) ?? (await this.#pinSkills())
    if (refused) return refused
    const clone = left ?? (await AttemptClone.make(this.#cloning))
    const { clone: folder, base } = clone.attempt
    // For whoever takes the lane over and works in the clone.
    await this.#note('factory.clone', folder)
    const { client, sessions, now, lane } = this.#options
    const judging = { run: this.#run, order, lane, clone: folder, client, sessions, now, note: this.#note }
    this.#judgement = await AttemptJudgement.open(judging)
    const came = (await this.#prepare(clone)) ?? (await this.#rounds(clone, this.#judgement))
    const result = order.try ? { ...came, base } : came
    // First what came of it, and durable, or one that goes on after a crash would look for its clone in vain.
    await this.#note(outcomeNote, result as unknown as Json)
    await client.session(this.#run.session).until(({ view }) => this.#outcomeIn(view.messages) !== undefined, {
      signal: this.#run.signal,
    })
    await clone.putAway(inWords(result))
    return result
  }

  #outcomeIn(messages: readonly Message[]): AttemptResult | undefined {
    const own = messages.filter((message) => message.run === this.#run.id)
    return noteIn(own, outcomeNote) as unknown as AttemptResult | undefined
  }

  /** As the gate does it: where it comes to nothing there, no work would be green either. */
  async #prepare(clone: AttemptClone): Promise<AttemptResult | undefined> {
    const { setup = [], mandate } = this.#options.lane
    if (setup.length === 0 || this.#memory.prepared || mandate.oversight === 'observe') return undefined
    const why = await clone.prepare(AbortSignal.any([this.#run.signal, this.#deadline]))
    this.#run.signal.throwIfAborted()
    if (why !== undefined)
      return { outcome: 'failed', why: `Its clone could not be prepared: ${why}`, failure: 'setup' }
    await this.#remember({ prepared: true })
    return undefined
  }

  /** Somebody stopped it, or its budget is used up: nobody comes back for its clone but to look at it. */
  async abandon(why: string): Promise<void> {
    const left = await AttemptClone.find(this.#cloning)
    await left?.proveEnded()
    await left?.putAway(why)
  }

  /** Says what shuts its agent in. A lane that demands more than there is has nothing made and nothing started. */
  async #tellInForce(): Promise<AttemptResult | undefined> {
    const { lane, sandbox } = this.#options
    try {
      const inForce = confinementInForce(lane, sandboxFor(lane.agent, sandbox))
      const note = { ...inForce, words: inForceInWords(inForce) }
      await this.#note(notes.cell, note as unknown as Json) // names and numbers
      return undefined
    } catch (thrown) {
      if (!(thrown instanceof FactoryError)) throw thrown
      return { outcome: 'failed', why: `${thrown.message} ${thrown.next}`, failure: thrown.code }
    }
  }

  /** Says which skills it is given. Without what its lane promises it is not begun. */
  async #pinSkills(): Promise<AttemptResult | undefined> {
    const { lane, vault, order } = this.#options
    try {
      this.#skills = await AttemptSkills.pin({ run: this.#run, task: order.task, lane, vault, note: this.#note })
      return undefined
    } catch (thrown) {
      if (!(thrown instanceof FactoryError) || thrown.code !== 'skill_invalid') throw thrown
      return { outcome: 'failed', why: `${thrown.message} ${thrown.next}`, failure: thrown.code }
    }
  }

  /** Its report is what counts; what one that looks ahead proposes goes to the floor, where a person decides. */
  async #reported(): Promise<AttemptResult> {
    const { order, lane, client, sessions } = this.#options
    const why = 'Its report is in the session.'
    if (order.kind !== 'horizon') return { outcome: 'proposed', why }
    // What it said before a crash is in the session, what it said since was heard here.
    const before = this.#run.view.messages.filter((message) => message.run === this.#run.id).map(textOf)
    const { proposals, fault } = proposalsIn([...before, this.#report].join('\n'), {
      lane: lane.name,
      attempt: this.#id,
    })
    const floor = client.session(sessions.floor)
    const answers: string[] = []
    for (const [index, proposal] of proposals.entries()) {
      const how = { id: `horizon:${this.#id}.${index}`, signal: this.#run.signal }
      answers.push((await askFloor(floor, requestOf(proposal), how)).said)
    }
    return { outcome: 'proposed', why: [why, ...answers, ...(fault === undefined ? [] : [`But ${fault}`])].join(' ') }
  }

  async #rounds(clone: AttemptClone, judgement: AttemptJudgement): Promise<AttemptResult> {
    const { rounds = 3, mandate } = this.#options.lane
    const { base } = clone.attempt
    for (;;) {
      const { round, red, killed = 0 } = this.#memory
      const made = await this.#offers.made(round)
      if (judgement.result) return judgement.result
      if (made) {
        const result = await this.#answered(made, round >= rounds, judgement)
        if (result) return result
        continue
      }
      const end = await this.#agentTurn(clone, judgement)
      await clone.proveEnded()
      if (judgement.result) return judgement.result
      if (end.end === 'failed' && end.killed && killed < maxKilled && !this.#isOver) {
        await this.#remember({ killed: killed + 1 })
        continue
      }
      const failed = this.#resultOf(end)
      if (failed) return failed
      if (mandate.oversight === 'observe') return this.#reported()
      const work = await clone.collect()
      if (!work) {
        if (red)
          return { outcome: 'rejected', why: red.why, ...(red.failure !== undefined && { failure: red.failure }) }
        if (await judgement.unchanged()) {
          await this.#remember({ told: false })
          continue
        }
        if (judgement.result) return judgement.result
        return { outcome: 'empty', why: 'It ended without a change.' }
      }
      const { ref, head, commits } = work
      await this.#note(notes.work, { ...(await workDiff(this.#options.vault.git, base, head)) })
      if (mandate.oversight === 'propose') return { outcome: 'proposed', why: 'A person decides.', ref, commit: head }
      const offer = await this.#offers.make(round, { base, head, commits })
      const result = await this.#answered(offer, round >= rounds, judgement)
      if (result) return result
    }
  }

  /** Waits for what the gate says of an offer; nothing where there is another round. */
  async #answered(offer: Offer, isLast: boolean, judgement: AttemptJudgement): Promise<AttemptResult | undefined> {
    const verdict = await this.#offers.verdict(offer)
    const result = resultOfVerdict(verdict, offer, isLast)
    if (result) return result
    await judgement.gateSaid(verdict)
    const { why, failure, evidence = '' } = verdict
    const red = { why, evidence, ...(failure !== undefined && { failure }) }
    await this.#remember({ round: this.#memory.round + 1, told: false, red })
    return undefined
  }

  /** Offers work that was judged as a try to the gate as any other is: it has no agent and no clone. */
  async #land({ base, head }: LandOrder): Promise<AttemptResult> {
    const { round } = this.#memory
    const offer = (await this.#offers.made(round)) ?? (await this.#offers.make(round, { base, head }))
    const verdict = await this.#offers.verdict(offer)
    return resultOfVerdict(verdict, offer, true) ?? { outcome: 'rejected', why: verdict.why }
  }

  /** Starts the agent, lets it work until its turn is over, and ends it with everything that it started. */
  async #agentTurn(clone: AttemptClone, judgement: AttemptJudgement): Promise<TurnEnd> {
    const { lane } = this.#options
    const { signal } = this.#run
    const { attempt } = clone
    const models = this.#models
    await models.tell()
    const { round, killed = 0 } = this.#memory
    const out = `a${this.#run.attempt}.r${round}.k${killed}`
    return this.#run.step(out, (output) =>
      clone.inCell(async (cell) => {
        const { session, told } = this.#memory
        const start: AgentStart = {
          cwd: attempt.clone,
          env: clone.environment,
          marker: attempt.marker,
          ...(cell && { cell }),
          oversight: lane.mandate.oversight,
          ...(lane.model !== undefined && { model: lane.model }),
          ...(session !== undefined && { resume: session }),
          ...(models.access && { models: models.access }),
          onHeard: (chunk: Chunk) => models.heard(chunk),
          onChunk: async (chunk: Chunk) => {
            if (!models.counts(chunk)) return
            if (chunk.type !== 'data') this.#heard += 1
            if (chunk.type === 'text') this.#report = (this.#report + chunk.text).slice(-maxReportChars)
            await output.write(chunk)
            await judgement.hear(chunk)
          },
          onPermission: (ask) => this.#mayIt(ask, attempt.clone),
          signal: AbortSignal.any([signal, models.spent]),
        }
        const skills = (await this.#skills?.deploy(attempt)) ?? ''
        const agent = await lane.agent.start(start).catch((thrown: unknown) => {
          if (thrown instanceof FactoryError && thrown.detail?.['killed'] === true) return thrown
          throw thrown
        })
        if (agent instanceof FactoryError) return { end: 'failed', why: agent.message, killed: true }
        try {
          const words = this.#words(agent, skills)
          if (agent.session !== session || told !== true) {
            await this.#remember({ told: true, ...(agent.session !== undefined && { session: agent.session }) })
          }
          return await converse(words, {
            agent,
            run: this.#run,
            judgement,
            models,
            steer: lane.steer ?? 'interrupt',
            deadline: this.#deadline,
            heard: () => this.#heard,
          })
        } finally {
          await agent.close()
          if (!signal.aborted) await models.tell()
        }
      }),
    )
  }

  /** What the agent is told first. */
  #words(agent: AgentAtWork, skills: string): string {
    const { order, lane } = this.#options
    const { round, red, told } = this.#memory
    const task = taskPrompt(order, lane.mandate, skills)
    // It may have been told the task and may not: nobody knows how far the words of before came.
    if (told && agent.resumed) return `${goOnPrompt}\n\n${task}`
    if (round === 1 || !red) return task
    const again = redPrompt(red.why, red.evidence)
    // One that has forgotten everything must be told the task as well.
    return agent.resumed ? again : `${task}\n\n${again}`
  }

  async #mayIt(ask: PermissionAsk, cwd: string): Promise<'allow' | 'reject'> {
    const { lane } = this.#options
    const fits = (file: string, glob: string): boolean => createPathMatcher([glob])(file)
    const context = { oversight: lane.mandate.oversight, rules: lane.rules, cwd, fits }
    const { decision, why } = decidePermission(ask, context)
    if (decision !== 'ask') return decision
    const { tool, paths, command, input } = ask
    const action = { tool, paths, input, ...(command !== undefined && { command }) }
    const title = `${lane.name} asks: ${ask.title.slice(0, 300)} (${why})`
    return (await this.#run.approve(action, { title })) ? 'allow' : 'reject'
  }

  /** Whether it has had all that it may use, so that nothing is begun again. */
  get #isOver(): boolean {
    return this.#deadline.aborted || this.#models.spent.aborted
  }

  #resultOf(end: TurnEnd): AttemptResult | undefined {
    if (this.#models.spent.aborted) return { outcome: 'budget', why: 'It has used all tool calls that an attempt may.' }
    if (this.#deadline.aborted) return { outcome: 'budget', why: 'It has had the time that an attempt may take.' }
    switch (end.end) {
      case 'done':
      case 'limit':
      case 'cancelled':
        return undefined // what counts is what stands in the clone
      case 'refused':
        return { outcome: 'failed', why: 'The agent refused the task.', failure: 'refused' }
      case 'failed':
        return { outcome: 'failed', why: `The agent failed: ${end.why}.`, failure: 'agent' }
      default:
        return end satisfies never
    }
  }

  async #remember(change: Partial<Memory>): Promise<void> {
    this.#memory = { ...this.#memory, ...change }
    await this.#note(memoryNote, this.#memory as unknown as Json)
  }
}

function inWords({ outcome, why }: AttemptResult): string {
  return `${outcome}: ${why}`
}
