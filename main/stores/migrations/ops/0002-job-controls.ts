import type { Migration } from '../../database.ts'

/** Whether a job is to run, wait or end early, and how often it was begun. Every job from before runs as usual. */
export const jobControls: Migration = {
  name: '0002-job-controls',
  up(database) {
    database.exec(`
      alter table jobs add column control text not null default 'run' check (control in ('run', 'pause', 'drain'));
      alter table jobs add column runs integer not null default 0;
      update jobs set runs = attempts;
    `)
  },
}
