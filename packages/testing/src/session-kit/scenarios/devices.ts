import { check, done, same } from '../check.ts'
import { ada, bob } from '../people.ts'
import { answerOf, inputOf, requestFor } from '../stage.ts'
import { words } from '../words.ts'
import type { Scenario } from '../scenario.ts'

const said = words(20)

export const devices: readonly Scenario[] = [
  {
    id: 'Q4',
    title: 'a second screen sees every token while it is written',
    area: 'devices',
    async run(stage) {
      const [first, second] = [await stage.tab(), await stage.tab(bob)]
      const work = await stage.begin(first, await stage.agent(), 'go')
      let slowest = 0
      for (const [index, word] of said.entries()) {
        const start = performance.now()
        await work.say(word)
        // The next one is only written when this one is on both.
        const text = said.slice(0, index + 1).join('')
        await Promise.all([stage.says(first, work.run, text), stage.says(second, work.run, text)])
        slowest = Math.max(slowest, performance.now() - start)
      }
      await work.end('complete')
      await stage.over(second, work.run)
      stage.note(`the slowest of ${said.length} tokens was on both screens after ${slowest.toFixed(1)} ms`)
    },
  },
  {
    id: 'Q5',
    title: 'a phone that joins in the middle of an answer shows all of it at once, and then the rest',
    area: 'devices',
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      for (const word of said) await work.say(word)
      await stage.says(tab, work.run, said.join(''))
      const phone = await stage.tab()
      same(answerOf(phone.state, work.run)?.text, said.join(''), 'what the phone shows at once')
      await work.say('end')
      await work.end('complete')
      await Promise.all([stage.over(phone, work.run), stage.over(tab, work.run)])
      same(answerOf(phone.state, work.run), answerOf(tab.state, work.run), 'the answer on both')
    },
  },
  {
    id: 'E2',
    title: 'whoever joins in the middle gets a state and not a replay of every token',
    area: 'devices',
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      for (const word of words(200)) await work.say(word)
      const joiner = await stage.tab(bob)
      same(answerOf(joiner.state, work.run)?.text, words(200).join(''), 'the text')
      await work.end('complete')
      await stage.over(joiner, work.run)
      check(joiner.entries.length < 50, `it was given ${joiner.entries.length} entries, one for each token`)
    },
  },
  {
    id: 'Q6',
    title: 'a second screen, of somebody else, can steer, approve and stop',
    area: 'devices',
    needs: ['steer', 'approvals'],
    async run(stage) {
      const [first, second] = [await stage.tab(), await stage.tab(bob)]
      const work = await stage.begin(first, await stage.agent(), 'go')
      await work.say('a ')
      await stage.says(second, work.run, 'a ')
      done(await second.do({ do: 'steer', run: work.run, text: 'by train' }), 'steering')
      await stage.comes('the steer', work.told('steered'))
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      const { id } = await stage.request(second, 'Book?')
      const answer = { kind: 'decision', approved: true } as const
      done(await second.do({ do: 'answer', request: id, answer }), 'approving')
      await stage.comes('the approval', work.told('answered'))
      done(await second.do({ do: 'stop', what: { run: work.run } }), 'stopping')
      await stage.comes('the stop', work.told('stop'))
      await work.end('complete')
      const run = await stage.over(first, work.run)
      same(
        [run.end, run.stoppedBy, requestFor(first.state, 'Book?')?.by],
        ['stopped', 'bob', 'bob'],
        'on the first screen',
      )
    },
  },
  {
    id: 'E3',
    title: 'two tabs of one person with one device id both see everything, and one that goes takes nothing along',
    area: 'devices',
    async run(stage) {
      const tabs = [await stage.tab(ada, { device: 'laptop' }), await stage.tab(ada, { device: 'laptop' })] as const
      const agent = await stage.agent()
      const work = await stage.begin(tabs[0], agent, 'from one')
      await work.say('a ')
      await Promise.all(tabs.map((tab) => stage.says(tab, work.run, 'a ')))
      tabs[0].drop()
      done(await tabs[1].do({ do: 'post', text: 'from the other' }), 'a post from the tab that stayed')
      done(await work.say('b '), 'writing on')
      await work.end('complete')
      await stage.over(tabs[1], work.run)
      await tabs[0].back()
      await stage.over(tabs[0], work.run)
      for (const { state } of tabs) {
        same(answerOf(state, work.run)?.text, 'a b ', 'the answer')
        check(inputOf(state, 'from the other'), 'the post')
        same(state.messages.length, 3, 'messages')
      }
    },
  },
  {
    id: 'E32',
    title: 'a change of status is shown although no message changes',
    area: 'devices',
    needs: ['hold'],
    async run(stage) {
      const [first, second] = [await stage.tab(), await stage.tab(bob)]
      const run = await stage.ask(first, 'go')
      const { messages } = await stage.until(second, 'the run', (state) => state.runs.length > 0 && state)
      done(await first.do({ do: 'hold', run: run.id }), 'holding')
      await stage.until(second, 'that it is held', (state) => state.runs[0]?.isHeld)
      done(await first.do({ do: 'go-on', run: run.id }), 'going on')
      await stage.until(second, 'that it is not held', (state) => state.runs[0]?.isHeld === false)
      const work = await stage.comes('work', (await stage.agent()).work())
      await stage.until(second, 'that it is worked on', (state) => state.runs[0]?.status === 'working')
      same(second.state.messages, messages, 'the messages')
      await work.end('complete')
      await stage.over(second, run.id)
    },
  },
  {
    id: 'X6',
    title: 'actions that cross on the network have one order, the same on every screen',
    area: 'devices',
    needs: ['network'],
    async run(stage) {
      const network = await stage.network()
      const slow = await stage.tab(ada, { through: network })
      const fast = await stage.tab(bob)
      network.stall(true)
      const late = slow.do({ do: 'post', text: 'sent first' })
      done(await fast.do({ do: 'post', text: 'sent second' }), 'the fast post')
      network.stall(false)
      done(await stage.comes('the answer to the slow post', late), 'the slow post')
      const order = async (tab: typeof slow): Promise<readonly string[]> => {
        await stage.until(tab, 'both posts', (state) => state.messages.length === 2)
        return tab.state.messages.map(({ text }) => text)
      }
      same(await order(slow), await order(fast), 'the order')
      same(await order(await stage.tab()), ['sent second', 'sent first'], 'the order of the log')
    },
  },
]
