import type { IncomingMessage } from 'node:http'
import { isUtf8 } from 'node:buffer'
import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { checkLevels, parseJson } from './json-text.ts'

/**
 * Reads the JSON body of a request.
 *
 * @param maxBytes - a longer body is refused as soon as that is known; the rest is not read
 * @throws HeadraceError `bad_request` for another content type, bytes that are not UTF-8, or text that is not JSON
 * @throws HeadraceError `frame_too_large`
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  checkType(request)
  const bytes = await readBytes(request, { limit: 'bodyBytes', maxBytes })
  if (bytes.length === 0) throw new HeadraceError('bad_request', 'The body is empty; this route needs a JSON object.')
  if (!isUtf8(bytes)) {
    const position = firstBad(bytes)
    throw new HeadraceError('bad_request', `The body is not UTF-8: byte ${position} is wrong.`, {
      detail: { position },
    })
  }
  const text = bytes.toString('utf8')
  const value = parseJson(text)
  checkLevels(text)
  return value
}

function checkType({ headers }: IncomingMessage): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const isJson = type.trim() === 'application/json'
  const isUtf8Text = parameters.every((parameter) => /^\s*(?:charset="?utf-?8"?)?\s*$/.test(parameter))
  if (!isJson || !isUtf8Text) {
    throw new HeadraceError(
      'bad_request',
      'The body must be JSON: send it as UTF-8 with the header Content-Type: application/json.',
    )
  }
  if (!['', 'identity'].includes(headers['content-encoding'] ?? '')) {
    throw new HeadraceError('bad_request', 'The body must not be compressed: send it without Content-Encoding.')
  }
}

/** A bound with its name, for the refusal. */
export interface ByteLimit {
  readonly limit: string
  readonly maxBytes: number
}

/** Reads a body whole, within a bound. */
export function readBytes(request: IncomingMessage, { limit, maxBytes }: ByteLimit): Promise<Buffer> {
  const tooLarge = (actual: number): HeadraceError => overLimit({ limit, maxBytes }, actual)
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) return Promise.reject(tooLarge(declared))
  // Of a caller who left before this nothing more is heard, not even that it left.
  if (request.destroyed) return Promise.reject(gone())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const settle = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes <= maxBytes) return
      settle()
      request.pause()
      reject(tooLarge(bytes))
    }
    const onEnd = (): void => {
      settle()
      resolve(Buffer.concat(chunks, bytes))
    }
    const onClose = (): void => {
      settle()
      reject(gone())
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function gone(): HeadraceError {
  return new HeadraceError('connection_lost', 'The connection ended before the whole body had come.')
}

function overLimit({ limit, maxBytes: allowed }: ByteLimit, actual: number): HeadraceError {
  const text = `A body may have ${allowed} bytes (${limit}); this one has ${actual} or more. Keep big content elsewhere and send its address.`
  return new HeadraceError('frame_too_large', text, { detail: { limit, allowed, actual } })
}

/** Where decoding and encoding again first makes a difference. */
function firstBad(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'), 'utf8')
  const position = bytes.findIndex((byte, index) => byte !== again[index])
  return position === -1 ? bytes.length : position
}

const maxDiscardBytes = 16_777_216
const maxDiscardMs = 2_000

/**
 * Lets the rest of a refused body pass by unseen. Closing at once would reset the connection, and a caller that is still
 * sending would see that instead of the answer. A rest that does not end soon is cut.
 */
export function discardRest(request: IncomingMessage, clock: Clock): void {
  if (request.complete || request.destroyed) return
  let bytes = 0
  const cut = (): void => {
    request.socket.destroy()
  }
  const cancel = clock.after(maxDiscardMs, cut)
  request.once('close', cancel)
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxDiscardBytes) cut()
  })
  request.resume()
}
