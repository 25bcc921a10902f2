import { Command } from 'commander'

/**
 * `help` of a command that has others below it. Commander's own goes one level down, and answers a name that is none with
 * the whole help.
 */
export function helpCommand(): Command {
  return new Command('help')
    .description('Print the help of a command.')
    .argument('[command...]', 'the command, such as: factory task add')
    .addHelpText(
      'after',
      `
Examples:
  headrace help send
  headrace help factory task`,
    )
    .action((words: readonly string[], _options: object, { parent }: Command) => {
      let command = parent
      for (const word of words) {
        if (!command || command.commands.length === 0) break
        refuseUnknown(command, word)
        command = below(command, word) ?? null
      }
      command?.help()
    })
}

/** Refuses a word that is no command below this one, with the one that it is close to. */
export function refuseUnknown(command: Command, word: string): void {
  // Commander knows how to say it, and says it of what it is given to parse.
  if (!below(command, word)) command.parse([word], { from: 'user' })
}

function below({ commands }: Command, word: string): Command | undefined {
  return commands.find((each) => each.name() === word || each.aliases().includes(word))
}
