import type { WorkspaceConfig } from '#shared/config/workspace-config.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import { readConfig } from './workspace.ts'

/**
 * The configuration that an engine works by. What `oldPipeline` says can change while it runs, because it is looked at anew for
 * every import; anything else holds until the next start.
 */
export class RunningConfig {
  readonly #folder: string
  #config: WorkspaceConfig
  #hash: string

  constructor(folder: string, config: WorkspaceConfig) {
    this.#folder = folder
    this.#config = config
    this.#hash = hashJson(config)
  }

  get config(): WorkspaceConfig {
    return this.#config
  }

  /** Of the configuration, SHA-256 (hex). */
  get hash(): string {
    return this.#hash
  }

  /**
   * Takes up what switchyard.yaml says of the old pipeline by now. Returns whether that is something else.
   *
   * @throws {SwitchyardError} as reading the configuration does; what is in use stays in use then.
   */
  takeUpOldPipeline(): boolean {
    const { oldPipeline } = readConfig(this.#folder)
    const { oldPipeline: before, ...others } = this.#config
    if (hashJson(before ?? null) === hashJson(oldPipeline ?? null)) return false
    this.#config = oldPipeline === undefined ? others : { ...others, oldPipeline }
    this.#hash = hashJson(this.#config)
    return true
  }

  /** Keys at the top of another configuration that hold after the next start only, because they differ from what is in use. */
  waitingForRestart(other: WorkspaceConfig): string[] {
    const own: Readonly<Record<string, unknown>> = this.#config
    return Object.entries(other)
      .filter(([key, value]) => key !== 'oldPipeline' && hashJson(value) !== hashJson(own[key]))
      .map(([key]) => key)
  }
}
