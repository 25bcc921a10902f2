import process from 'node:process'

/** How this command is called where it was started: by npm it is in the packages of a folder, and mostly not on the PATH. */
export function ownName(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['npm_execpath'] === undefined ? 'headrace' : 'npx headrace'
}

/** A sentence that names commands, as in `headrace serve`, with the name that works here. */
export function inOwnName(text: string, env?: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll('`headrace ', `\`${ownName(env)} `)
}
