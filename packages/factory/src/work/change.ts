/** A line that a change adds or takes away. */
export interface ChangedLine {
  /** From 1, in the file it is in: the new one for what is added, the old one for what is removed. */
  readonly line: number
  readonly text: string
}

export type FileKind = 'file' | 'program' | 'link' | 'repository'

/** One side of a changed file. */
export interface FileSide {
  readonly kind: FileKind
  /** The hash of its content. */
  readonly id: string
  readonly bytes: number
  /** The content; for a link, where it leads. `undefined` where it is no text, or more than is read of one file. */
  readonly text: string | undefined
}

/** A file that a change touches. A file that moved is one that is gone and one that is new. */
export interface ChangedFile {
  readonly path: string
  /** Whether the path is text; one that is not is shown with replacement characters. */
  readonly isName: boolean
  /** For a new file: the other path of the tree that it is where case does not count, if there is one. */
  readonly twin?: string
  readonly before: FileSide | undefined
  readonly after: FileSide | undefined
  readonly added: readonly ChangedLine[]
  readonly removed: readonly ChangedLine[]
}

/** What a change does to a base: all that guards get to see. */
export interface Change {
  readonly base: string
  readonly tree: string
  readonly files: readonly ChangedFile[]
  /** Lines of all files together. */
  readonly addedLines: number
  readonly removedLines: number
}
