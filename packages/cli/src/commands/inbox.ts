import { Command, Option } from 'commander'
import type { AnswerOptions } from '../inbox/answer.ts'
import type { InboxOptions } from '../inbox/inbox.ts'
import type { SearchOptions } from '../inbox/search.ts'
import { option, whole, withTarget } from './options.ts'

/** Commands for what waits for somebody. */
export function inboxCommands(): readonly Command[] {
  return [inboxCommand(), answerCommand(), searchCommand()]
}

function inboxCommand(): Command {
  return withTarget(new Command('inbox'))
    .description(
      'List what waits for you in all sessions: requests, tasks of floors, failures, mentions, what is unread.',
    )
    .option('-n, --limit <count>', 'sessions to look at', whole(1, 200), 50)
    .addOption(option('--json', 'print entries as JSON, one per line'))
    .addHelpText(
      'after',
      `
A request is answered with \`headrace answer\`, a task of a factory floor settled with \`headrace factory task accept\` or
\`reject\`.

Examples:
  headrace inbox
  headrace inbox --json | jq -r .session`,
    )
    .action(async (options: InboxOptions) => {
      const { inbox } = await import('../inbox/inbox.ts')
      await inbox(options)
    })
}

function searchCommand(): Command {
  return withTarget(new Command('search'))
    .description('Find messages by their words in all sessions that you may read.')
    .argument('<words...>', 'all of them must be there; the last may be the beginning of one')
    .option('-n, --limit <count>', 'how many', whole(1, 1_000), 20)
    .addOption(option('--json', 'print hits as JSON, one per line'))
    .addHelpText(
      'after',
      `
Examples:
  headrace search train lisbon`,
    )
    .action(async (words: readonly string[], options: SearchOptions) => {
      const { search } = await import('../inbox/search.ts')
      await search(words, options)
    })
}

function answerCommand(): Command {
  return withTarget(new Command('answer'))
    .description('Answer what an agent asks, or show it.')
    .argument('<session>', 'id of the session')
    .argument('[request]', 'id of the request (default: the only open one)')
    .addOption(new Option('--approve', 'yes, do exactly this').conflicts(['deny', 'value', 'text']))
    .addOption(new Option('--deny', 'no').conflicts(['approve', 'value', 'text']))
    .addOption(new Option('--value <json>', 'the answer to a question, as JSON').conflicts(['approve', 'deny', 'text']))
    .addOption(
      new Option('--text <words>', 'the answer to a question, as plain words').conflicts(['approve', 'deny', 'value']),
    )
    .addOption(new Option('--reason <words>', 'why, for everybody in the session'))
    .addHelpText(
      'after',
      `
Without an answer the request is shown, with the exact action that an approval is bound to.

Examples:
  headrace answer team/plan
  headrace answer team/plan r12.deploy --approve
  headrace answer team/plan r12.where --value '{"city":"Bern"}'`,
    )
    .action(async (session: string, request: string | undefined, options: AnswerOptions) => {
      const { answer } = await import('../inbox/answer.ts')
      await answer(session, request, options)
    })
}
