import { unlink } from 'node:fs/promises'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'

const maxBytes = 33_554_432

/** A file with no name, which a test runner writes its report to. */
export interface PrivateReport {
  readonly fd: number
  /** What was written, at most 32 MiB of it; nothing before {@link PrivateReport.end}. */
  text(): string
  /** Reads what was written and lets the file go. */
  end(): void
}

/**
 * Opens a report that has no path: what is tested can't replace it or write over it, because runners do not hand the open
 * file on to what they start.
 */
export async function openReport(folder: string): Promise<PrivateReport> {
  const place = path.join(folder, 'report')
  const fd = openSync(place, 'wx+', 0o600)
  await unlink(place)
  let text = ''
  return {
    fd,
    text: () => text,
    end() {
      const buffer = Buffer.alloc(Math.min(maxBytes, fstatSync(fd).size))
      const length = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, 0)
      text = buffer.subarray(0, length).toString('utf8')
      closeSync(fd)
    },
  }
}
