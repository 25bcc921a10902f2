/**
 * LevelDB checks the blocks of its tables only when asked to on every read, and the binding never asks. So each value
 * carries a checksum of its own, over key and value: changed bytes, and a value that surfaces under another key, are
 * found when they are read.
 */
import { crc32 } from 'node:zlib'
import { HeadraceError } from '@headrace/core'

const width = 8

export function seal(key: string, value: string): string {
  return checksum(key, value) + value
}

/** @throws HeadraceError `store_corrupt` */
export function unseal(key: string, sealed: string): string {
  const value = sealed.slice(width)
  if (sealed.slice(0, width) !== checksum(key, value)) throw failed(key)
  return value
}

/** The same for bytes. */
export function sealBytes(key: string, bytes: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(width + bytes.length)
  sealed.set(Buffer.from(checksumOfBytes(key, bytes), 'latin1'))
  sealed.set(bytes, width)
  return sealed
}

/** @throws HeadraceError `store_corrupt` */
export function unsealBytes(key: string, sealed: Uint8Array): Uint8Array {
  const bytes = sealed.subarray(width)
  if (Buffer.from(sealed.subarray(0, width)).toString('latin1') !== checksumOfBytes(key, bytes)) throw failed(key)
  return bytes
}

function checksum(key: string, value: string): string {
  return hex(crc32(key + value))
}

function checksumOfBytes(key: string, bytes: Uint8Array): string {
  return hex(crc32(bytes, crc32(key)))
}

/** Each value of a byte in hexadecimal: several times faster than formatting the number. */
const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex(crc: number): string {
  return `${hexBytes[crc >>> 24]}${hexBytes[(crc >>> 16) & 255]}${hexBytes[(crc >>> 8) & 255]}${hexBytes[crc & 255]}`
}

function failed(key: string): HeadraceError {
  return new HeadraceError('store_corrupt', `The stored value of ${key} fails its checksum.`, { detail: { key } })
}
