import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Opens a link in the browser. The link holds a token, and arguments of processes can be read by other users of the
 * machine, so the browser is given a file, readable by this user only, that leads to the link.
 *
 * @returns what removes the file
 */
export function openBrowser(link: string, directory: string): () => void {
  const file = path.resolve(directory, 'open.html')
  const href = link.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  rmSync(file, { force: true })
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${href}"><a href="${href}">Headrace</a>\n`,
    { mode: 0o600 },
  )
  const [command, args] = opener(pathToFileURL(file).href)
  const child = spawn(command, args, { detached: true, stdio: 'ignore' })
  // No browser, no desktop: the link stands in the terminal.
  child.on('error', () => undefined)
  child.unref()
  return () => rmSync(file, { force: true })
}

function opener(url: string): readonly [string, readonly string[]] {
  if (process.platform === 'darwin') return ['open', [url]]
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]]
  return ['xdg-open', [url]]
}
