/** What a job does, in the words shown before it is started. Every sentence is about what the operator can see or lose. */
export interface JobAction {
  /** On the button that opens the preview. */
  readonly label: string
  readonly title: string
  readonly does: string
  readonly keeps: string
  readonly cancel: string
  /** On the button that starts it. */
  readonly confirm: string
}

export const JOB_ACTIONS = {
  live: {
    label: 'Follow live…',
    title: 'Follow live bars',
    does: 'Connects, waits for each session, and stores every bar as its minute ends, session after session. A gap after an interruption is filled from history, and after the close history has the last word.',
    keeps: 'Everything that is stored. It also goes on after a restart of the engine.',
    cancel: 'At any time with Stop. Stored bars stay; it can be started again.',
    confirm: 'Follow live bars',
  },
  transform: {
    label: 'Curate…',
    title: 'Curate bars from raw',
    does: 'Builds curated bars and findings from the stored raw responses, session by session.',
    keeps: 'Raw responses. Sessions whose input did not change keep their bars.',
    cancel: 'At any time. Finished sessions stay, the rest keep what they had.',
    confirm: 'Curate',
  },
  rebuildStale: {
    label: 'Rebuild all stale…',
    title: 'Rebuild what is out of date',
    does: 'Builds curated bars and findings of every stale session from the stored raw responses.',
    keeps: 'Raw responses, acknowledgements, and every session that is up to date.',
    cancel: 'At any time. Finished sessions stay, the rest stay stale. The same input always gives the same bars.',
    confirm: 'Rebuild stale sessions',
  },
  rebuild: {
    label: 'Rebuild…',
    title: 'Rebuild these sessions',
    does: 'Builds curated bars and findings anew from the stored raw responses, stale or not.',
    keeps: 'Raw responses and acknowledgements. What is up to date comes out as it was.',
    cancel:
      'At any time. Finished sessions stay, the rest keep what they had. The same input always gives the same bars.',
    confirm: 'Rebuild',
  },
  refetch: {
    label: 'Ask again…',
    title: 'Ask TWS again for these sessions',
    does: 'Asks TWS anew and stores its answers beside the earlier ones. The sessions are stale then; rebuild them to use what is new.',
    keeps: 'Every stored answer: nothing is overwritten. Curated bars stay as they are until they are rebuilt.',
    cancel: 'At any time. What is stored stays.',
    confirm: 'Ask again',
  },
  features: {
    label: 'Build…',
    title: 'Build features',
    does: 'Computes every feature column from the curated bars, session by session.',
    keeps: 'Raw and curated bars. Sessions whose bars did not change keep their features.',
    cancel: 'At any time. Finished sessions stay, the rest keep what they had.',
    confirm: 'Build features',
  },
  legacyImport: {
    label: 'Import…',
    title: 'Import the old pipeline’s bars',
    does: 'Reads the files described in switchyard.yaml and stores them as old bars: label at bar start, UTC, one unit.',
    keeps: 'The files themselves, and every new bar. Files that did not change are not read again.',
    cancel: 'At any time. Imported files stay imported.',
    confirm: 'Import',
  },
  oldRun: {
    label: 'Run…',
    title: 'Run the old pipeline’s command',
    does: 'Runs the command once, in its own working folder and without a shell, and keeps what it prints.',
    keeps:
      'Everything that is imported: an import that you start reads what it left. What the command itself does elsewhere is up to it.',
    cancel: 'At any time. It and everything that it started is ended; what it wrote stays and is not imported.',
    confirm: 'Run the command',
  },
  dualRun: {
    label: 'Dual run…',
    title: 'Run both pipelines and compare',
    does: 'Ingests from TWS, curates and builds features; runs the old pipeline’s command and imports what it left; compares the two. It stops at the first step that fails.',
    keeps: 'Raw responses, and every earlier run. Steps whose result is there already change nothing.',
    cancel: 'At any time. Steps that are done keep what they stored.',
    confirm: 'Start the dual run',
  },
  noiseFloor: {
    label: 'Measure…',
    title: 'Measure the old pipeline’s own noise',
    does: 'Runs the old pipeline’s command twice over the same sessions and compares what the two runs left.',
    keeps:
      'Everything that is imported, and every comparison of old with new: each run is read into a store beside its output.',
    cancel: 'At any time. The run that is under way is ended, and nothing is measured.',
    confirm: 'Run it twice',
  },
  compare: {
    label: 'Compare…',
    title: 'Compare old with new',
    does: 'Aligns old and curated bars by symbol and minute, and stores every difference with its causes as a new run.',
    keeps: 'All bars, and every earlier run.',
    cancel: 'At any time. A cancelled run leaves nothing behind.',
    confirm: 'Compare',
  },
  export: {
    label: 'Export…',
    title: 'Export files',
    does: 'Writes the chosen layers into a new folder under exports/ in the workspace, with a manifest.',
    keeps: 'Every stored layer, and earlier exports.',
    cancel: 'At any time. An unfinished export has no manifest.',
    confirm: 'Export',
  },
  exportComparison: {
    label: 'Export…',
    title: 'Export all differences of this run',
    does: 'Writes every minute of the run that is not plainly equal, all of them, into a new folder under exports/ in the workspace, with a manifest.',
    keeps: 'The run, and earlier exports.',
    cancel: 'At any time. An unfinished export has no manifest.',
    confirm: 'Export differences',
  },
  verify: {
    label: 'Verify…',
    title: 'Verify against raw',
    does: 'Rebuilds curated bars and features from raw in memory and compares every content hash with what is stored.',
    keeps: 'Everything: it writes nothing but its result.',
    cancel: 'At any time.',
    confirm: 'Verify',
  },
} as const satisfies Record<string, JobAction>
