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
  if (sealed.slice(0, width) !== checksum(key, value)) {
    throw new HeadraceError('store_corrupt', `The stored value of ${key} fails its checksum.`, { detail: { key } })
  }
  return value
}

function checksum(key: string, value: string): string {
  return crc32(key + value)
    .toString(16)
    .padStart(width, '0')
}
