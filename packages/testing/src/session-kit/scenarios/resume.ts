import { check, done, exact, same } from '../check.ts'
import { ada, bob } from '../people.ts'
import { answerOf, runFor, type Stage } from '../stage.ts'
import { words } from '../words.ts'
import type { Scenario } from '../scenario.ts'
import type { Tab, Work } from '../session-server.ts'

const said = words(12)
const whole = said.join('')

export const resume: readonly Scenario[] = [
  {
    id: 'Q1',
    title: 'a screen that drops after any token shows exactly the same text in the end, without a second model call',
    area: 'resume',
    async run(stage) {
      const first = await stage.tab()
      const agent = await stage.agent()
      const run = await stage.ask(first, 'go')
      const tabs = await Promise.all(said.map(() => stage.tab()))
      const work = await stage.comes('work', agent.work())
      for (const [index, word] of said.entries()) {
        done(await work.say(word), 'a token')
        const tab = tabs[index]
        if (!tab) continue
        await stage.says(tab, run.id, said.slice(0, index + 1).join(''))
        tab.drop()
      }
      done(await work.end('complete'), 'the end')
      await Promise.all(tabs.map((tab) => stage.comes('a tab that is back', tab.back())))
      for (const tab of tabs) {
        const { attempt } = await stage.over(tab, run.id)
        same([answerOf(tab.state, run.id)?.text, attempt, tab.state.runs.length], [whole, 1, 1], 'text, attempts, runs')
      }
    },
  },
  {
    id: 'Q2',
    title: 'a screen that was away for long resumes exactly, also after the server was restarted meanwhile',
    area: 'resume',
    isAlone: true,
    run: (stage) => resumeAfterLong(stage),
  },
  {
    id: 'Q3',
    title: 'a refresh in the middle keeps the live stream: the text so far at once, then every token as it comes',
    area: 'resume',
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      for (const word of said.slice(0, 6)) await work.say(word)
      await stage.says(tab, work.run, said.slice(0, 6).join(''))
      await tab.close()
      const fresh = await stage.tab()
      same(answerOf(fresh.state, work.run)?.text, said.slice(0, 6).join(''), 'the text right after the refresh')
      for (const [index, word] of said.slice(6).entries()) {
        await work.say(word)
        // The next one is only written when this one is shown, so it streams.
        await stage.says(fresh, work.run, said.slice(0, 7 + index).join(''))
      }
      await work.end('complete')
      same((await stage.over(fresh, work.run)).attempt, 1, 'attempts')
    },
  },
  {
    id: 'E1',
    title: 'a screen that drops in the middle and returns when that is long past gets every entry that it missed',
    area: 'resume',
    async run(stage) {
      const tab = await stage.tab(ada, { after: 0 })
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      await work.say(said[0] ?? '')
      await stage.says(tab, work.run, said[0] ?? '')
      tab.drop()
      for (const word of words(300, 1)) await work.say(word)
      await work.end('complete')
      await stage.over(other, work.run)
      await tab.back()
      await stage.over(tab, work.run)
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
      same(answerOf(tab.state, work.run)?.text, words(301).join(''), 'the text')
    },
  },
  {
    id: 'E24',
    title: 'following twice on one connection, as a component that is mounted twice does, shows everything once',
    area: 'once',
    async run(stage) {
      const tab = await stage.tab(ada, { after: 0 })
      await tab.followAgain()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.say('a ')
      await tab.followAgain()
      await work.say('b ')
      await work.end('complete')
      await stage.over(tab, work.run)
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
      same(answerOf(tab.state, work.run)?.text, 'a b ', 'the text')
    },
  },
  {
    id: 'E25',
    title: 'a screen that can’t connect at first is whole when it can',
    area: 'resume',
    needs: ['network'],
    async run(stage) {
      const network = await stage.network()
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      await work.say('a ')
      network.refuse(true)
      const failed = await stage.tab(ada, { through: network }).then(
        () => false,
        () => true,
      )
      check(failed, 'it connected though the network refused')
      network.refuse(false)
      const tab = await stage.tab(ada, { through: network })
      same(answerOf(tab.state, work.run)?.text, 'a ', 'what it shows')
      await work.say('b ')
      await stage.says(tab, work.run, 'a b ')
    },
  },
  {
    id: 'E27',
    title: 'when a reader’s identity expires in the middle it is cut, the run goes on, and it resumes with a new one',
    area: 'resume',
    needs: ['identities', 'short-identities'],
    async run(stage) {
      const tab = await stage.tab({ ...ada, validSeconds: 4 }, { after: 0 })
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      await work.say('a ')
      await stage.says(tab, work.run, 'a ')
      await stage.until(tab, 'the end of the connection whose identity expired', () => !tab.isConnected)
      done(await work.say('b '), 'writing on')
      await tab.back()
      await stage.says(tab, work.run, 'a b ')
      check(!work.wasTold('stop'), 'the agent was told to stop')
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
    },
  },
  {
    id: 'X1',
    title: 'a socket that is dropped at every frame gives exactly the log, each entry once',
    area: 'resume',
    async run(stage) {
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      const tabs = await Promise.all(said.map(() => stage.tab(ada, { after: 0 })))
      for (const [index, tab] of tabs.entries()) tab.dropAfter(index + 1)
      for (const word of said) await work.say(word)
      await work.end('complete')
      await stage.over(other, work.run)
      for (const tab of tabs) await wholeAfterDrops(stage, tab, work)
    },
  },
  {
    id: 'X2',
    title: 'a socket that is dropped after every frame, over and over, gives exactly the log',
    area: 'resume',
    async run(stage) {
      const tab = await stage.tab(ada, { after: 0 })
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      const dropping = (async () => {
        while (!tab.state.runs.some(({ status }) => status === 'over')) {
          tab.dropAfter(1)
          await stage.until(tab, 'a frame', () => !tab.isConnected)
          await stage.comes('a tab that is back', tab.back())
        }
      })()
      for (const word of said) {
        await work.say(word)
        await stage.says(tab, work.run, word)
      }
      await work.end('complete')
      await stage.comes('the whole log in pieces', dropping)
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
      same(answerOf(tab.state, work.run)?.text, whole, 'the text')
    },
  },
  {
    id: 'X3',
    title: 'a network that breaks in the middle of frames, and cuts them into pieces, changes nothing of what is shown',
    area: 'resume',
    needs: ['network'],
    async run(stage) {
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      for (const word of said) await work.say(word)
      await work.end('complete')
      await stage.over(other, work.run)
      const network = await stage.network()
      network.split(7)
      let bytes = 900
      network.resetAfter(() => (bytes += 97))
      let cuts = 0
      const tab = await stage.comes(
        'a first connection',
        openAtLast(
          stage,
          () => network,
          () => (cuts += 1),
        ),
      )
      while (!tab.state.runs.some(({ status }) => status === 'over')) {
        await stage.until(tab, 'a break', () => !tab.isConnected || tab.state.runs.some((run) => run.status === 'over'))
        if (tab.isConnected) break
        cuts += 1
        await tab.back().catch(() => undefined) // cut before it was welcomed
      }
      check(cuts > 0, 'the network never broke')
      stage.note(`${cuts} connections broken on the way`)
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
      same(answerOf(tab.state, work.run)?.text, whole, 'the text')
    },
  },
  {
    id: 'X4',
    title: 'a reader whose network stalls holds up nobody, and gets everything when it wakes',
    area: 'resume',
    needs: ['network'],
    async run(stage) {
      const network = await stage.network()
      const tab = await stage.tab(ada, { after: 0, through: network })
      const other = await stage.tab(bob)
      const work = await stage.begin(other, await stage.agent(), 'go')
      await stage.until(tab, 'the run', (state) => runFor(state, 'go'))
      network.stall(true)
      const many = words(300)
      for (const word of many) done(await work.say(word), 'a token while a reader is stalled')
      await work.end('complete')
      await stage.over(other, work.run)
      check(!tab.state.runs.some(({ status }) => status === 'over'), 'the stalled reader was not stalled')
      network.stall(false)
      await stage.over(tab, work.run)
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
      same(answerOf(tab.state, work.run)?.text, many.join(''), 'the text')
    },
  },
  {
    id: 'X5',
    title: 'a server that is killed while an agent streams loses nothing that was acknowledged',
    area: 'resume',
    needs: ['restart'],
    isAlone: true,
    async run(stage) {
      const tab = await stage.tab(ada, { after: 0 })
      const work = await stage.begin(tab, await stage.agent('assistant', { leaseMs: 3_000 }), 'go')
      for (const word of said.slice(0, 6)) done(await work.say(word, 'reply'), 'a token')
      const before = await stage.server.log(stage.session, ada)
      await stage.comes('a server that is back', stage.server.restart())
      const after = await stage.server.log(stage.session, ada)
      same(after.slice(0, before.length), before, 'what was acknowledged before')
      await tab.back()
      const next = await stage.comes('the run again', (await stage.agent()).work())
      for (const word of said) await next.say(word, 'reply')
      await next.end('complete')
      await stage.over(tab, work.run)
      same(answerOf(tab.state, work.run)?.text, whole, 'the text')
      tab.drop()
      exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
    },
  },
]

/** A connection through a network that breaks it, again and again until it lasts long enough to be open. */
async function openAtLast(
  stage: Stage,
  through: () => Awaited<ReturnType<Stage['network']>>,
  onCut: () => void,
): Promise<Tab> {
  for (;;) {
    try {
      return await stage.tab(ada, { after: 0, through: through() })
    } catch {
      onCut()
    }
  }
}

async function wholeAfterDrops(stage: Stage, tab: Tab, work: Work): Promise<void> {
  await stage.until(tab, 'the drop', () => !tab.isConnected)
  await stage.comes('a tab that is back', tab.back())
  await stage.over(tab, work.run)
  // What comes now is presence of others; a tab that is closed has all that it will ever have.
  tab.drop()
  exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
  same(answerOf(tab.state, work.run)?.text, whole, 'the text')
}

/** The clock of a server can't be moved from outside; what time does to a session can be done: it grows, servers restart. */
async function resumeAfterLong(stage: Stage): Promise<void> {
  const tab = await stage.tab(ada, { after: 0 })
  const other = await stage.tab(bob)
  const work = await stage.begin(other, await stage.agent(), 'go')
  await work.say('first ')
  await stage.says(tab, work.run, 'first ')
  tab.drop()
  for (const word of said) await work.say(word)
  await work.end('complete')
  await stage.over(other, work.run)
  const canRestart = stage.server.lacks.restart === undefined
  if (canRestart) await stage.comes('a server that is back', stage.server.restart())
  const later = await stage.tab(bob)
  const posts = words(120)
  for (const word of posts) done(await later.do({ do: 'post', text: word }), 'a post')
  await tab.back()
  await stage.until(tab, 'the last post', (state) => state.messages.some(({ text }) => text === posts.at(-1)))
  tab.drop()
  exact(tab, await stage.server.log(stage.session, ada), 'the entries of the tab')
  stage.note(
    `no clock was moved: 120 messages and ${tab.entries.length} entries${canRestart ? ' and a restart' : ''} stand for the time`,
  )
}
