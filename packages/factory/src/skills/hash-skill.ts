import { createHash } from 'node:crypto'
import type { SkillFile } from './skill.ts'

/** SHA-256 over a line for each file: its mode, the SHA-256 of its content, its path; sorted by the bytes of the path. */
export function hashSkill(files: readonly SkillFile[]): string {
  const lines = files
    .map(({ path, mode, content }) => ({ path: Buffer.from(path), line: `${mode} ${sha256(content)} ${path}\n` }))
    .toSorted((a, b) => Buffer.compare(a.path, b.path))
    .map(({ line }) => line)
  return sha256(Buffer.from(lines.join('')))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
