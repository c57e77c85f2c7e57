import type { JobContext } from '../job-definition.ts'

/** Share of the work that reading is; storing is the rest. */
const READING = 0.6

/** Files whose rows are stored together, by name, with their sizes in bytes. */
type FileGroup = ReadonlyMap<string, number>

/** Progress of an import: groups of files that are read one after the other and then stored together. */
export class ImportProgress {
  readonly #report: JobContext['report']
  readonly #totalBytes: number
  readonly #totalFiles: number
  /** Of groups that are done. */
  #bytesBefore = 0
  #filesBefore = 0
  #group: FileGroup = new Map()
  #groupBytes = 0
  /** Files of the group that were read before the current one. */
  #readFiles = 0
  #readBytes = 0
  #file: string | undefined

  constructor(report: JobContext['report'], groups: readonly FileGroup[]) {
    this.#report = report
    this.#totalBytes = groups.reduce((sum, group) => sum + bytesOf(group), 0)
    this.#totalFiles = groups.reduce((sum, group) => sum + group.size, 0)
  }

  /** The next group is read from here on. */
  begin(group: FileGroup): void {
    this.#bytesBefore += this.#groupBytes
    this.#filesBefore += this.#group.size
    this.#group = group
    this.#groupBytes = bytesOf(group)
    this.#readFiles = 0
    this.#readBytes = 0
    this.#file = undefined
  }

  /** @param read share of `file`, @param stored share of the group's rows, once all of its files were read. */
  set(file: string, read: number, stored: number): void {
    if (this.#file !== undefined && this.#file !== file) {
      this.#readFiles++
      this.#readBytes += this.#group.get(this.#file) ?? 0
    }
    this.#file = file
    const readBytes = this.#readBytes + read * (this.#group.get(file) ?? 0)
    const bytes = this.#bytesBefore + READING * readBytes + (1 - READING) * stored * this.#groupBytes
    this.#report(0, this.#totalBytes === 0 ? 1 : bytes / this.#totalBytes, {
      detail: stored > 0 ? `storing ${file}` : file,
      done: this.#filesBefore + this.#readFiles,
      total: this.#totalFiles,
      unit: 'files',
    })
  }
}

function bytesOf(group: FileGroup): number {
  return [...group.values()].reduce((sum, bytes) => sum + bytes, 0)
}
