/** `.env` files, by the rules of Node's `Dotenv::ParseContent`. */

const blanks = (text: string) => text.replace(/^[ \t\n]+|[ \t\n]+$/g, '');

/** A null-prototype object of the variables. Lines that are no assignment are passed over. */
export function parseEnv(input: string): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  let content = blanks(input.replaceAll('\r', ''));
  /** Goes on behind the next line end from `from` on. */
  const skipLine = (from = 0) => {
    const newline = content.indexOf('\n', from);
    content = newline < 0 ? '' : content.slice(newline + 1);
  };
  while (content !== '') {
    if (content.startsWith('\n') || content.startsWith('#')) {
      skipLine();
      continue;
    }
    const end = /[=\n]/.exec(content)?.index;
    if (end === undefined) break;
    if (content[end] === '\n') {
      content = blanks(content.slice(end + 1));
      continue;
    }
    let key = blanks(content.slice(0, end));
    content = content.slice(end + 1);
    if (key === '') {
      skipLine();
      continue;
    }
    if (key.startsWith('export ')) key = blanks(key.slice('export '.length));
    if (content === '' || content.startsWith('\n')) {
      variables[key] = '';
      content = content.slice(1);
      continue;
    }
    content = blanks(content);
    const quote = content[0]!;
    const closing = `"'\``.includes(quote) ? content.indexOf(quote, 1) : -1;
    if (closing >= 0) {
      const value = content.slice(1, closing);
      variables[key] = quote === '"' ? value.replaceAll('\\n', '\n') : value;
      skipLine(closing + 1);
      continue;
    }
    const newline = content.indexOf('\n');
    const line = newline < 0 ? content : content.slice(0, newline);
    // A quote that is not closed on the way is part of the value, and so is what follows it.
    variables[key] = `"'\``.includes(quote) ? line : blanks(line.replace(/#.*/, ''));
    skipLine();
    content = blanks(content);
  }
  return variables;
}
