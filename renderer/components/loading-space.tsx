import classes from './loading-space.module.css'

/** Keeps `height` pixels free while something loads; shows that it does only when it takes longer than 200 ms. */
export function LoadingSpace({ height }: { readonly height: number | string }) {
  return (
    <output className={classes.space} style={{ height }} aria-label="Loading">
      <div className={classes.bars} aria-hidden />
    </output>
  )
}
