import { check, done, refused, same } from '../check.ts'
import { ada, bob } from '../people.ts'
import { answerOf, conversation, requestFor, runFor } from '../stage.ts'
import { together } from '../together.ts'
import type { Scenario } from '../scenario.ts'
import type { Outcome } from '../session-server.ts'

export const stopping: readonly Scenario[] = [
  {
    id: 'Q7',
    title: 'an agent can tell a stop from a drop: a screen that goes stops nothing, a stop stops',
    area: 'stop',
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.say('a ')
      tab.drop()
      done(await work.say('b '), 'writing while nobody is there')
      await tab.back()
      await stage.says(tab, work.run, 'a b ')
      check(!work.wasTold('stop'), 'the drop was told as a stop')
      done(await tab.do({ do: 'stop', what: { run: work.run } }), 'stopping')
      await stage.comes('the stop', work.told('stop'))
      await work.end('complete')
      same((await stage.over(tab, work.run)).end, 'stopped', 'how it ended')
    },
  },
  {
    id: 'Q8',
    title: 'a stop leaves the session ready for the next input',
    area: 'stop',
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const first = await stage.begin(tab, agent, 'first')
      await first.say('a ')
      await tab.do({ do: 'stop', what: 'own' })
      await stage.comes('the stop', first.told('stop'))
      await first.end('complete')
      await stage.over(tab, first.run)
      const second = await stage.begin(tab, agent, 'second')
      await second.say('b ')
      await second.end('complete')
      same((await stage.over(tab, second.run)).end, 'complete', 'how the next one ended')
    },
  },
  {
    id: 'Q9',
    title: 'a stop works before the sender knows that there is a run',
    area: 'stop',
    async run(stage) {
      const tab = await stage.tab()
      const sending = tab.do({ do: 'send', text: 'stop me' })
      const stopping = tab.do({ do: 'stop', what: 'own' })
      done(await stage.comes('an answer to the input', sending), 'sending')
      same((await stage.comes('an answer to the stop', stopping)).result, 'done', 'the stop')
      const run = await stage.until(tab, 'the run', (state) => runFor(state, 'stop me'))
      same((await stage.over(tab, run.id)).end, 'stopped', 'how it ended')
      const work = await stage.begin(tab, await stage.agent(), 'next')
      same(work.input, 'next', 'the first work that the agent gets')
    },
  },
  {
    id: 'Q10',
    title: 'the partial answer is kept and marked',
    area: 'partial',
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.say('half an answ')
      await stage.says(tab, work.run, 'half')
      await tab.do({ do: 'stop', what: 'own' })
      await stage.comes('the stop', work.told('stop'))
      await work.end('complete')
      await stage.over(tab, work.run)
      for (const shown of [tab, await stage.tab(bob)]) {
        const answer = answerOf(shown.state, work.run)
        same([answer?.text, answer?.status], ['half an answ', 'stopped'], 'the partial answer')
        same(shown.state.runs[0]?.stoppedBy, 'ada', 'who stopped it')
      }
    },
  },
  {
    id: 'Q11',
    title: 'the next prompt still has the stopped turn, marked, with its input',
    area: 'partial',
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const first = await stage.begin(tab, agent, 'first')
      await first.say('half')
      await tab.do({ do: 'stop', what: 'own' })
      await stage.comes('the stop', first.told('stop'))
      await first.end('complete')
      await stage.over(tab, first.run)
      const second = await stage.begin(tab, agent, 'second')
      same(
        second.prompt.map(({ role, text, isStopped }) => [role, text, isStopped]),
        [
          ['user', 'first', false],
          ['assistant', 'half', true],
          ['user', 'second', false],
        ],
        'the prompt',
      )
    },
  },
  {
    id: 'E4',
    title: 'a stop before any agent has taken the run ends it at once, and none ever gets it',
    area: 'stop',
    async run(stage) {
      const tab = await stage.tab()
      const run = await stage.ask(tab, 'stop me')
      done(await tab.do({ do: 'stop', what: { run: run.id } }), 'stopping')
      same((await stage.over(tab, run.id)).end, 'stopped', 'how it ended')
      const work = await stage.begin(tab, await stage.agent(), 'next')
      same(work.input, 'next', 'the first work that the agent gets')
      await work.end('complete')
    },
  },
  {
    id: 'E5',
    title: 'a stop during a tool call ends it, and the next prompt has no call without a result',
    area: 'partial',
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      await work.say('Looking. ')
      await work.call('call-1', 'search')
      await stage.until(tab, 'the call', (state) => answerOf(state, work.run)?.tools.length === 1)
      await tab.do({ do: 'stop', what: 'own' })
      await stage.comes('the stop', work.told('stop'))
      await work.end('complete')
      await stage.over(tab, work.run)
      const answer = answerOf(tab.state, work.run)
      same([answer?.status, answer?.tools[0]?.isOver], ['stopped', true], 'the answer and its call')
      const next = await stage.begin(tab, agent, 'next')
      same(
        next.prompt.filter(({ danglingCalls }) => danglingCalls > 0),
        [],
        'lines of the prompt with dangling calls',
      )
    },
  },
  {
    id: 'E6',
    title: 'a stop while the run is suspended ends it at once and withdraws what it asked',
    area: 'stop',
    needs: ['suspend', 'approvals'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      done(await work.suspend(['book']), 'suspending')
      const { id } = await stage.request(tab, 'Book?')
      await stage.until(tab, 'that it is suspended', (state) => state.runs[0]?.status === 'suspended')
      done(await tab.do({ do: 'stop', what: { run: work.run } }), 'stopping')
      same((await stage.over(tab, work.run)).end, 'stopped', 'how it ended')
      same(requestFor(tab.state, 'Book?')?.status, 'withdrawn', 'the request')
      const answer = { kind: 'decision', approved: true } as const
      refused(await tab.do({ do: 'answer', request: id, answer }), 'an approval for work that is over')
    },
  },
  {
    id: 'E23',
    title: 'an agent that fails between its words and the end leaves what it said, marked, and a session that goes on',
    area: 'partial',
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      await work.say('half')
      await work.end('failed')
      same((await stage.over(tab, work.run)).end, 'failed', 'how it ended')
      const answer = answerOf(tab.state, work.run)
      same([answer?.text, answer?.status], ['half', 'stopped'], 'what stays')
      const next = await stage.begin(tab, agent, 'next')
      await next.end('complete')
      same((await stage.over(tab, next.run)).end, 'complete', 'how the next one ended')
    },
  },
  {
    id: 'X7',
    title: 'of two stops at the same moment one counts, the other is told that it is so already',
    area: 'stop',
    async run(stage) {
      const [first, second] = [await stage.tab(), await stage.tab(bob)]
      const agent = await stage.agent()
      for (let round = 0; round < 10; round += 1) {
        const work = await stage.begin(first, agent, `go ${round}`)
        await stage.until(second, 'the run', (state) => state.runs.some(({ id }) => id === work.run))
        const stop = { do: 'stop', what: { run: work.run } } as const
        const outcomes = await together(
          round,
          () => first.do(stop),
          () => second.do(stop),
        )
        same(outcomes.map(({ result }) => result).sort(), ['already', 'done'], 'the outcomes')
        await stage.comes('the stop', work.told('stop'))
        check(!work.wasTold('stop'), 'the agent was told twice')
        await work.end('complete')
        const winner = outcomes[0].result === 'done' ? 'ada' : 'bob'
        for (const tab of [first, second]) same((await stage.over(tab, work.run)).stoppedBy, winner, 'who stopped it')
      }
    },
  },
  {
    id: 'X8',
    title:
      'a stop while the agent is dead counts: when it comes back nothing is left to do, and nothing it says is taken',
    area: 'stop',
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent('assistant', { leaseMs: 600_000 })
      const work = await stage.begin(tab, agent, 'go')
      await work.say('half')
      agent.freeze()
      done(await tab.do({ do: 'stop', what: 'all' }), 'stopping')
      // It holds the run for ten minutes, so what ends it is the stop.
      same((await stage.over(tab, work.run)).end, 'stopped', 'how it ended')
      agent.thaw()
      refused(await stage.comes('an answer to the late word', work.say(' and more')), 'a word after the stop')
      same(answerOf(tab.state, work.run)?.text, 'half', 'the text')
      agent.kill()
      const next = await stage.begin(tab, await stage.agent(), 'next')
      same(next.input, 'next', 'the next work')
    },
  },
  {
    id: 'X9',
    title: 'an answer and a stop at the same moment leave one truth: answered then stopped, or stopped and refused',
    area: 'requests',
    needs: ['approvals'],
    async run(stage) {
      const [first, second] = [await stage.tab(), await stage.tab(bob)]
      const agent = await stage.agent()
      for (let round = 0; round < 10; round += 1) {
        const work = await stage.begin(first, agent, `go ${round}`)
        const title = `Book ${round}?`
        await work.ask({ kind: 'approval', key: 'book', title, action: `book ${round}` })
        const { id } = await stage.request(second, title)
        await stage.request(first, title)
        const answer = (): Promise<Outcome> =>
          second.do({ do: 'answer', request: id, answer: { kind: 'decision', approved: true } })
        const stop = (): Promise<Outcome> => first.do({ do: 'stop', what: { run: work.run } })
        const [answered, stopped] = await together(round, answer, stop)
        done(stopped, 'the stop')
        await work.end('complete')
        for (const tab of [first, second]) {
          await stage.over(tab, work.run)
          const expected = answered.result === 'done' ? 'answered' : 'withdrawn'
          same(requestFor(tab.state, title)?.status, expected, 'the request')
        }
        if (answered.result !== 'done') refused(answered, 'the answer')
      }
    },
  },
  {
    id: 'E22',
    title: 'letting a run go on that is over changes nothing',
    area: 'fencing',
    needs: ['hold'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.end('complete')
      await stage.over(tab, work.run)
      const before = await stage.server.read(stage.session, ada)
      const outcome = await tab.do({ do: 'go-on', run: work.run })
      check(outcome.result !== 'done', 'it was accepted')
      same(conversation(await stage.server.read(stage.session, ada)), conversation(before), 'the session')
    },
  },
]
