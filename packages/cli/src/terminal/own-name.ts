import process from 'node:process'

/** How this command is called where it was started: by npm it is in the packages of a folder, and mostly not on the PATH. */
export function ownName(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['npm_execpath'] === undefined ? 'headrace' : 'npx headrace'
}
