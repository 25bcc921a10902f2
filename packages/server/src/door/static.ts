/**
 * The files of a built console. They are read once, at the start: a request then can't fail for want of a file handle,
 * nothing outside the folder can be reached, and a rebuild needs a restart.
 */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Reply } from './http-reply.ts'
import { readFolder, type StaticFile } from './static-folder.ts'

/** What is looked at of a request. */
export interface StaticRequest {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

export interface StaticFiles {
  /**
   * The answer for a path: a file, or the page itself for addresses that only the page understands. `undefined` when it
   * is neither.
   */
  serve(request: StaticRequest, path: string): Promise<Reply | undefined>
}

/**
 * Scripts, styles and connections of this very server only: text of a session that ends up as markup can run nothing and
 * send nothing anywhere, not even by loading an image.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
}

const compress = promisify(gzip)

interface Entry extends StaticFile {
  readonly etag: string
  zipped?: Promise<Buffer>
}

/**
 * Reads a folder of static files.
 *
 * @throws HeadraceError `bad_request` when it can't be read, has no `index.html`, or is far too big for a console
 */
export function createStaticFiles(directory: string): StaticFiles {
  const files = new Map<string, Entry>()
  for (const file of readFolder(directory)) {
    const etag = `"${createHash('sha256').update(file.bytes).digest('base64url').slice(0, 22)}"`
    files.set(file.path, { ...file, etag })
  }
  return {
    async serve(request, path) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
      const file = files.get(decoded(path)) ?? (isPage(request, path) ? files.get('/index.html') : undefined)
      return file && reply(request, file)
    },
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Whether a browser asks for a page, and not for a file of one or for data. */
function isPage({ headers }: StaticRequest, path: string): boolean {
  if (path === '/') return true
  const isData = path.startsWith('/v1/') || path === '/v1'
  return !isData && !/\.[^/]+$/.test(path) && (headers.accept ?? '').includes('text/html')
}

async function reply({ headers }: StaticRequest, file: Entry): Promise<Reply> {
  const common = {
    ...securityHeaders,
    ETag: file.etag,
    // Vite puts a hash of the content into the names of these.
    'Cache-Control': file.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(file.isText && { Vary: 'Accept-Encoding, Origin' }),
  }
  if (headers['if-none-match']?.split(/\s*,\s*/).includes(file.etag)) return { status: 304, headers: common }
  const typed = { ...common, 'Content-Type': file.type }
  if (!file.isText || !/\bgzip\b/.test(headers['accept-encoding']?.toString() ?? '')) {
    return { status: 200, headers: typed, body: file.bytes }
  }
  file.zipped ??= compress(file.bytes)
  return { status: 200, headers: { ...typed, 'Content-Encoding': 'gzip' }, body: await file.zipped }
}
