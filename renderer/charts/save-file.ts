/** How long the browser has to begin reading a file before its address ends; reading that has begun is not cut off. */
const ADDRESS_MS = 60_000

/**
 * Hands a file that the page made to the operator: a browser puts it into the folder for downloads, the desktop program asks
 * where to.
 *
 * @param name with extension.
 */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), ADDRESS_MS)
}
