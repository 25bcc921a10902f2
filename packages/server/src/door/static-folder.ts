import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { HeadraceError } from '@headrace/core'

export interface StaticFile {
  /** As in an address: `/assets/app.js`. */
  readonly path: string
  readonly type: string
  /** Worth compressing. */
  readonly isText: boolean
  readonly bytes: Buffer
}

/** A console has about one megabyte; a folder much bigger than that was named by mistake. */
const maxBytes = 67_108_864

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** The files of a folder that has an `index.html`. No links are followed, and names that begin with a dot are left out. */
export function readFolder(directory: string): readonly StaticFile[] {
  const root = path.resolve(directory)
  const files: StaticFile[] = []
  let bytes = 0
  for (const name of names(root)) {
    const file = readFile(root, name)
    bytes += file.bytes.length
    if (bytes > maxBytes) throw unusable(directory, `it has more than ${maxBytes} bytes`)
    files.push(file)
  }
  if (!files.some((file) => file.path === '/index.html')) throw unusable(directory, 'it has no index.html')
  return files
}

function names(root: string): readonly string[] {
  try {
    return namesUnder(root, '')
  } catch (thrown) {
    throw unusable(root, thrown instanceof Error ? thrown.message : String(thrown), thrown)
  }
}

/** Folder by folder: what Node lists of a whole tree has also what is behind links to folders. */
function namesUnder(root: string, under: string): readonly string[] {
  const entries = readdirSync(path.join(root, under), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const name = `${under}${entry.name}`
    if (entry.name.startsWith('.')) return []
    if (entry.isDirectory()) return namesUnder(root, `${name}/`)
    return entry.isFile() ? [name] : []
  })
}

function readFile(root: string, name: string): StaticFile {
  const type = types[path.extname(name).toLowerCase()] ?? 'application/octet-stream'
  return { path: `/${name}`, type, isText: type.includes('charset'), bytes: readFileSync(path.join(root, name)) }
}

function unusable(directory: string, reason: string, cause?: unknown): HeadraceError {
  const text = `The folder ${directory} can't be served as a console: ${reason}. Name the folder of a built one, or leave consoleDirectory out.`
  return new HeadraceError('bad_request', text, { cause })
}
