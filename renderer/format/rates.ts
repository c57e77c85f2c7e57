/** A share of full speed, 0 to 1, in whole percent: `100 %`, `< 1 %`. Less than full speed never reads as full. */
export function formatPace(pace: number): string {
  if (pace > 0 && pace < 0.01) return '< 1 %'
  return `${pace >= 1 ? 100 : Math.min(99, Math.round(pace * 100))} %`
}
