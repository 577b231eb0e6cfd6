import type pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

/** An escape, a channel, an instant, or a mark that begins or ends formatting. */
const TOKEN = /\\([^\sA-Za-z0-9])|<#(\d+)>|<t:(\d+):([Rf])>|`([^`]+)`|(\*\*)|(\*)/g;
const SMALL = '-# ';

/**
 * One line of a Discord message as Discord's own window shows it, for a terminal: formatted, without the marks.
 * https://docs.discord.com/developers/reference#message-formatting
 */
export function asShown(line: string, look: { colors: Colors; channels: ReadonlyMap<string, string> }): string {
  const { colors } = look;
  const isSmall = line.startsWith(SMALL);
  const style = { bold: false, italic: false };
  const dress = (text: string): string => {
    const slanted = style.italic ? colors.italic(text) : text;
    return style.bold ? colors.bold(slanted) : slanted;
  };
  const source = isSmall ? line.slice(SMALL.length) : line;
  let shown = '';
  let run = '';
  const flush = (): void => {
    if (run !== '') shown += dress(run);
    run = '';
  };
  let done = 0;
  for (const found of source.matchAll(TOKEN)) {
    const [whole, escaped, channelId, instant, form, code, bold] = found;
    run += source.slice(done, found.index);
    done = found.index + whole.length;
    if (escaped !== undefined) run += escaped;
    else if (channelId !== undefined) run += `#${look.channels.get(channelId) ?? channelId}`;
    else if (instant !== undefined) run += form === 'R' ? ago(Number(instant)) : dated(Number(instant));
    else {
      flush();
      if (code !== undefined) shown += colors.cyan(code);
      else if (bold !== undefined) style.bold = !style.bold;
      else style.italic = !style.italic;
    }
  }
  run += source.slice(done);
  flush();
  return isSmall ? colors.dim(shown) : shown;
}

function dated(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toLocaleString('en-US', { dateStyle: 'long', timeStyle: 'short' });
}

function ago(unixSeconds: number): string {
  const seconds = Math.max(0, Math.round(Date.now() / 1000) - unixSeconds);
  return seconds < 60 ? `${seconds} seconds ago` : `${Math.round(seconds / 60)} minutes ago`;
}
