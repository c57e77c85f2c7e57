/** A command on one line: what has blanks or quotation marks is quoted, so that one argument is seen to be one. */
export function commandText(argv: readonly string[]): string {
  return argv.map((argument) => (/^[^\s"'\\]+$/.test(argument) ? argument : JSON.stringify(argument))).join(' ')
}
