import { check, done, refused, same } from '../check.ts'
import { ada, bob } from '../people.ts'
import { answerOf, conversation } from '../stage.ts'
import { words } from '../words.ts'
import type { Scenario } from '../scenario.ts'

/** Long enough for a busy machine, short enough to wait for. */
const shortLease = { leaseMs: 3_000 }
const said = words(6)

export const agents: readonly Scenario[] = [
  {
    id: 'Q13',
    title: 'two agents at once write their own messages and are stopped one by one',
    area: 'agents',
    needs: ['parallel'],
    async run(stage) {
      const tab = await stage.tab()
      const [planner, critic] = [await stage.agent('planner'), await stage.agent('critic')]
      done(await tab.do({ do: 'send', text: 'go', agents: ['planner', 'critic'] }), 'asking both')
      const [plan, review] = await stage.comes('work for both', Promise.all([planner.work(), critic.work()]))
      for (const word of said) await Promise.all([plan.say(`p${word}`), review.say(`c${word}`)])
      const both = [plan, review] as const
      await Promise.all(
        both.map((work, index) => stage.says(tab, work.run, `${'pc'[index] ?? ''}${said.at(-1) ?? ''}`)),
      )
      done(await tab.do({ do: 'stop', what: { run: plan.run } }), 'stopping one')
      await stage.comes('the stop', plan.told('stop'))
      await plan.end('complete')
      same((await stage.over(tab, plan.run)).end, 'stopped', 'the one that was stopped')
      check(!review.wasTold('stop'), 'the other one was told to stop')
      done(await review.say('end'), 'the other writes on')
      await review.end('complete')
      same((await stage.over(tab, review.run)).end, 'complete', 'the other one')
      const texts = both.map(({ run }) => answerOf(tab.state, run)?.text)
      same(texts, [said.map((w) => `p${w}`).join(''), `${said.map((w) => `c${w}`).join('')}end`], 'their texts')
    },
  },
  {
    id: 'Q14',
    title: 'when an agent is killed every screen knows, without asking',
    area: 'liveness',
    async run(stage) {
      const tabs = [await stage.tab(), await stage.tab(bob)] as const
      // As the server has it when nobody chooses.
      const agent = await stage.agent()
      const work = await stage.begin(tabs[0], agent, 'go')
      await work.say('half')
      await Promise.all(tabs.map((tab) => stage.says(tab, work.run, 'half')))
      agent.kill()
      const start = performance.now()
      await Promise.all(
        tabs.map((tab) => stage.until(tab, 'that the agent is gone', ({ runs }) => runs[0]?.status !== 'working')),
      )
      stage.note(`${((performance.now() - start) / 1_000).toFixed(1)} s from the kill until both screens showed it`)
    },
  },
  {
    id: 'Q15',
    title: 'a retry replaces what the lost attempt wrote and does not repeat it',
    area: 'retry',
    needs: ['steps'],
    async run(stage) {
      const tab = await stage.tab()
      const lost = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, lost, 'go')
      await work.say('lost words ', 'reply')
      await stage.says(tab, work.run, 'lost')
      lost.kill()
      const again = await stage.comes('the run again', (await stage.agent()).work())
      same([again.run, again.attempt], [work.run, 2], 'the run and the attempt')
      for (const word of said) await again.say(word, 'reply')
      await again.end('complete')
      await stage.over(tab, work.run)
      same(answerOf(tab.state, work.run)?.text, said.join(''), 'the text')
    },
  },
  {
    id: 'Q16',
    title: 'a process that was frozen and comes back when another has its run writes nothing',
    area: 'fencing',
    async run(stage) {
      const tab = await stage.tab()
      const frozen = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, frozen, 'go')
      await work.say('a ', 'reply')
      frozen.freeze()
      const again = await stage.comes('the run again', (await stage.agent()).work())
      await again.say('b ', 'reply')
      await stage.says(tab, work.run, 'b ')
      frozen.thaw()
      refused(await stage.comes('an answer to the zombie', work.say('zombie ', 'reply')), 'the zombie’s word')
      refused(await stage.comes('an answer to the zombie', work.end('complete')), 'the zombie’s end')
      await stage.comes('that it is told', work.told('lost'))
      done(await again.say('c ', 'reply'), 'the other’s word')
      await again.end('complete')
      same((await stage.over(tab, work.run)).attempt, 2, 'attempts')
      same(answerOf(tab.state, work.run)?.text, 'b c ', 'the text')
    },
  },
  {
    id: 'E19',
    title: 'an agent that dies between the first word and the last leaves no message open for ever',
    area: 'liveness',
    async run(outer) {
      const stage = await outer.another({ attempts: 1 })
      const tab = await stage.tab()
      const agent = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, agent, 'go')
      await work.say('half')
      await stage.says(tab, work.run, 'half')
      agent.kill()
      same((await stage.over(tab, work.run)).end, 'lost', 'how it ended')
      const answer = answerOf(tab.state, work.run)
      same([answer?.text, answer?.status], ['half', 'stopped'], 'what stays')
      const next = await stage.begin(tab, await stage.agent(), 'next')
      await next.end('complete')
      same((await stage.over(tab, next.run)).end, 'complete', 'the next one')
    },
  },
  {
    id: 'E20',
    title: 'a retry that says nothing takes nothing away',
    area: 'retry',
    needs: ['steps'],
    async run(stage) {
      const tab = await stage.tab()
      const lost = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, lost, 'go')
      await work.say('a good answer', 'reply')
      lost.kill()
      const again = await stage.comes('the run again', (await stage.agent()).work())
      await again.end('complete')
      await stage.over(tab, work.run)
      same(answerOf(tab.state, work.run)?.text, 'a good answer', 'the text')
    },
  },
  {
    id: 'E21',
    title: 'a late suspend of an attempt that is over does not roll back the run that another has taken',
    area: 'fencing',
    needs: ['suspend'],
    async run(stage) {
      const tab = await stage.tab()
      const frozen = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, frozen, 'go')
      frozen.freeze()
      const again = await stage.comes('the run again', (await stage.agent()).work())
      frozen.thaw()
      refused(await stage.comes('an answer to the late suspend', work.suspend([])), 'the late suspend')
      done(await again.say('on it', 'reply'), 'the word of the attempt that has it')
      await stage.says(tab, work.run, 'on it')
      same(tab.state.runs[0]?.status, 'working', 'the run')
      await again.end('complete')
      same((await stage.over(tab, work.run)).end, 'complete', 'how it ended')
    },
  },
  {
    id: 'E31',
    title: 'what comes late for a run that was declared dead changes nothing',
    area: 'fencing',
    async run(outer) {
      const stage = await outer.another({ attempts: 1 })
      const tab = await stage.tab()
      const agent = await stage.agent('assistant', shortLease)
      const work = await stage.begin(tab, agent, 'go')
      await work.say('half')
      agent.freeze()
      same((await stage.over(tab, work.run)).end, 'lost', 'how it ended')
      const before = await stage.server.read(stage.session, ada)
      agent.thaw()
      refused(await stage.comes('an answer to the late word', work.say('late')), 'the late word')
      refused(await stage.comes('an answer to the late end', work.end('complete')), 'the late end')
      same(conversation(await stage.server.read(stage.session, ada)), conversation(before), 'the session')
    },
  },
  {
    id: 'X11',
    title: 'an agent that is killed after any of its frames is replaced, and the answer is whole and there once',
    area: 'retry',
    needs: ['steps'],
    async run(outer) {
      await Promise.all(
        Array.from({ length: said.length + 1 }, async (_, frames) => {
          const stage = await outer.another({})
          const tab = await stage.tab(ada, { after: 0 })
          const doomed = await stage.agent('assistant', shortLease)
          const work = await stage.begin(tab, doomed, 'go')
          for (const word of said.slice(0, frames)) await work.say(word, 'reply')
          doomed.kill()
          const again = await stage.comes('the run again', (await stage.agent()).work())
          for (const word of said) done(await again.say(word, 'reply'), 'a word')
          await again.end('complete')
          const run = await stage.over(tab, work.run)
          const answers = tab.state.messages.filter((message) => message.run === work.run)
          same(
            answers.map(({ text, status }) => [text, status]),
            [[said.join(''), 'complete']],
            `killed at ${frames}`,
          )
          same([run.id, run.end], [work.run, 'complete'], 'the run')
        }),
      )
    },
  },
]
