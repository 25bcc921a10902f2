import { randomUUID } from 'node:crypto'
import { check, done, refused, same } from '../check.ts'
import { ada, bob, sue } from '../people.ts'
import { answerOf, conversation, inputOf, type Stage } from '../stage.ts'
import { Refused, type Outcome, type Tab } from '../session-server.ts'
import { words } from '../words.ts'
import type { Scenario } from '../scenario.ts'

/** One agent-hour is 60 of these. */
const agentMinutes = 3
const tokensPerMinute = 50 * 60

export const data: readonly Scenario[] = [
  {
    id: 'Q23',
    title: 'a session can be exported whole, a message taken out, and all of it erased for good',
    area: 'own',
    needs: ['export', 'erase'],
    async run(stage) {
      const [secret, kept] = [`secret-${randomUUID()}`, `kept-${randomUUID()}`]
      const [tab, operator] = [await stage.tab(), await stage.tab(sue)]
      done(await tab.do({ do: 'post', text: secret }), 'a post')
      done(await tab.do({ do: 'post', text: kept }), 'a post')
      const message = await stage.until(operator, 'the post', (state) => inputOf(state, secret))
      const exported = await stage.server.export(stage.session, sue)
      same(
        [secret, kept].filter((text) => !exported.includes(text)),
        [],
        'what the export does not have',
      )
      done(await operator.do({ do: 'redact', message: message.id }), 'taking it out')
      await stage.until(tab, 'that it is out', (state) => !state.messages.some(({ text }) => text.includes(secret)))
      const canLook = stage.server.lacks.files === undefined
      if (canLook) await gone(stage, operator, secret)
      const after = await stage.server.export(stage.session, sue)
      same([after.includes(secret), after.includes(kept)], [false, true], 'the export has the secret, and the other')
      await stage.server.erase(stage.session)
      const reading = await stage.server.read(stage.session, sue).catch((error: unknown) => error)
      check(reading instanceof Refused, 'an erased session can be read')
      if (canLook) same(await stage.server.filesWith(kept), 0, 'files that have what was erased')
      else stage.note('what is left in the server’s files was not looked at')
    },
  },
  {
    id: 'Q24',
    title: 'what a screen showed at any moment can be shown again',
    area: 'replay',
    needs: ['state-at'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      const shown = [tab.state]
      for (const word of words(5)) {
        await work.say(word)
        await stage.says(tab, work.run, word)
        shown.push(tab.state)
      }
      await tab.do({ do: 'stop', what: 'own' })
      await stage.comes('the stop', work.told('stop'))
      await work.end('complete')
      await stage.over(tab, work.run)
      shown.push(tab.state)
      for (const state of shown) {
        same(await stage.server.read(stage.session, ada, state.position), state, `the state at ${state.position}`)
      }
    },
  },
  {
    id: 'Q25',
    title: 'what one agent-hour costs is known',
    area: 'cost',
    needs: ['cost'],
    isAlone: true,
    async run(stage) {
      const before = await stage.server.cost()
      await Promise.all(Array.from({ length: agentMinutes }, () => agentMinute(stage)))
      const after = await stage.server.cost()
      const scale = 60 / agentMinutes
      const cpu = (after.cpuSeconds - before.cpuSeconds) * scale
      const mebibytes = ((after.storedBytes - before.storedBytes) * scale) / 1_048_576
      check(Number.isFinite(cpu) && Number.isFinite(mebibytes), 'the cost can’t be measured')
      stage.note(
        `an agent-hour at 50 tokens/s, each its own write: ${cpu.toFixed(1)} s of processor time, ${mebibytes.toFixed(1)} MiB stored (measured over ${agentMinutes} agent-minutes at full speed, one reader each)`,
      )
    },
  },
  {
    id: 'E28',
    title: 'a message that is too big is refused with the limit, and nothing of it stays',
    area: 'rights',
    async run(stage) {
      const tab = await stage.tab()
      const before = await stage.server.read(stage.session, ada)
      const text = 'x'.repeat(stage.server.longestText + 1)
      refused(await stage.comes('an answer', tab.do({ do: 'post', text })), 'a message that is too big')
      same((await stage.server.read(stage.session, ada)).messages, before.messages, 'the messages')
      done(await tab.do({ do: 'post', text: 'small' }), 'a small one')
      const work = await stage.begin(tab, await stage.agent(), 'go')
      refused(await work.say(text), 'words of an agent that are too many')
      done(await work.say('few'), 'few words')
      await stage.says(tab, work.run, 'few')
    },
  },
  {
    id: 'E29',
    title: 'two loads of older messages at the same time give the same page',
    area: 'history',
    needs: ['pages'],
    async run(stage) {
      const tab = await manyPosts(stage)
      const before = tab.state.position
      const [first, second] = await Promise.all([
        stage.server.page(stage.session, ada, before, 20),
        stage.server.page(stage.session, ada, before, 20),
      ])
      check(first.length > 0, 'there are no older messages')
      same(first, second, 'the pages')
    },
  },
  {
    id: 'E30',
    title: 'pages of history that are read in any order make up all messages, each once',
    area: 'history',
    needs: ['pages'],
    async run(stage) {
      const tab = await manyPosts(stage)
      const { position } = tab.state
      const limit = 10
      const befores: number[] = []
      for (let before = position; ;) {
        befores.push(before)
        const [oldest] = await stage.server.page(stage.session, ada, before, limit)
        if (!oldest) break
        before = oldest.position
      }
      const pages = await Promise.all(
        befores.toReversed().map((before) => stage.server.page(stage.session, ada, before, limit)),
      )
      const older = pages.flat().sort((a, b) => a.position - b.position)
      const fresh = await stage.tab()
      const texts = [...older, ...fresh.state.messages].map(({ text }) => text)
      same(texts, words(posts), 'all messages')
    },
  },
  {
    id: 'X13',
    title: 'a command that is sent again under its id gets the first answer and is done once',
    area: 'once',
    async run(stage) {
      const [tab, other] = [await stage.tab(), await stage.tab(ada)]
      const twice = async (act: Parameters<Tab['do']>[0], id: string): Promise<readonly Outcome[]> => {
        const both = await Promise.all([tab.do(act, id), tab.do(act, id)])
        // And once more on another connection, long after.
        return [...both, await other.do(act, id)]
      }
      for (const [index, text] of ['a', 'b', 'c'].entries()) {
        const outcomes = await twice({ do: 'post', text }, `post-${index}`)
        for (const outcome of outcomes) same(outcome, outcomes[0], 'the answer to each')
      }
      const sent = await twice({ do: 'send', text: 'go' }, 'send-1')
      for (const outcome of sent) same(outcome, sent[0], 'the answer to each')
      await stage.until(tab, 'the input', (state) => inputOf(state, 'go'))
      const work = await stage.comes('work', (await stage.agent()).work())
      await work.say('once')
      await twice({ do: 'stop', what: { run: work.run } }, 'stop-1')
      await stage.comes('the stop', work.told('stop'))
      check(!work.wasTold('stop'), 'the agent was told twice')
      await work.end('complete')
      await stage.over(tab, work.run)
      same(
        tab.state.messages.map(({ text }) => text),
        ['a', 'b', 'c', 'go', 'once'],
        'the messages',
      )
      same(tab.state.runs.length, 1, 'runs')
    },
  },
  {
    id: 'X14',
    title: 'what two people see who are there from the start, and one who joins late, is the same',
    area: 'history',
    async run(stage) {
      const tabs = [await stage.tab(ada, { after: 0 }), await stage.tab(bob)] as const
      const agent = await stage.agent()
      for (const text of ['one', 'two']) {
        const work = await stage.begin(tabs[0], agent, text)
        await work.call(`call-${text}`, 'search')
        await work.result(`call-${text}`, 'found')
        for (const word of words(5)) await work.say(word)
        await work.end('complete')
        await stage.over(tabs[0], work.run)
      }
      const late = await stage.tab()
      const { position } = await stage.until(late, 'its own presence', (state) => state.people.length > 0 && state)
      const states = await Promise.all(
        [...tabs, late].map((tab) => stage.until(tab, 'that position', (state) => state.position >= position && state)),
      )
      const shown = states.map(conversation)
      for (const state of shown) same(state, shown[0], 'the conversation')
      same(answerOf(late.state, late.state.runs[0]?.id ?? '')?.tools.length, 1, 'its tool calls')
    },
  },
]

const posts = 90

async function manyPosts(stage: Stage): Promise<Tab> {
  const tab = await stage.tab()
  for (const word of words(posts)) done(await tab.do({ do: 'post', text: word }), 'a post')
  await stage.until(tab, 'the last post', (state) => inputOf(state, words(posts).at(-1) ?? ''))
  return tab
}

/** Erasing is the server's work after the answer: each entry that it writes is a reason to look again. */
async function gone(stage: Stage, tab: Tab, secret: string): Promise<void> {
  let isLooking = true
  const isGone = new Promise<void>((resolve, reject) => {
    let looks = Promise.resolve()
    const look = (): void => {
      looks = looks.then(async () => {
        if (!isLooking || (await stage.server.filesWith(secret)) > 0) return
        isLooking = false
        resolve()
      })
      looks.catch(reject)
    }
    tab.onChange(look)
    look()
  })
  await stage.comes('files without what was taken out', isGone)
}

async function agentMinute(outer: Stage): Promise<void> {
  const stage = await outer.another({})
  const tab = await stage.tab()
  const work = await stage.begin(tab, await stage.agent(), 'go')
  for (const word of words(tokensPerMinute)) await work.say(word)
  await work.end('complete')
  await stage.over(tab, work.run)
}
