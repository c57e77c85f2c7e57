/** The price step that is assumed where nobody has said what it is: that of US stocks (SEC rule 612 of Regulation NMS). */
export function usualTick(price: number): number {
  return price < 1 ? 0.0001 : 0.01
}
